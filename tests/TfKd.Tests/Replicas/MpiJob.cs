using System.Diagnostics;

namespace TfKd.Tests;

/// <summary>Processes of <c>tests/TfKd.MpiProbe</c> that a launcher of MPI starts.</summary>
/// <param name="launcher">Its command.</param>
/// <param name="count">Number of processes.</param>
internal sealed class MpiJob(string launcher, int count)
{
    private const string None = "none";

    /// <summary>The launchers of this machine: of both libraries where it has both.</summary>
    public static TheoryData<string> Launchers
    {
        get
        {
            string[] found = [.. new[] { "mpirun.openmpi", "mpirun.mpich" }.Where(IsThere)];
            return [.. found.Length > 0 ? found : [IsThere("mpirun") ? "mpirun" : None]];
        }
    }

    /// <summary>Runs a job to its end.</summary>
    /// <returns>Its exit code and all that it wrote.</returns>
    public (int ExitCode, string Output) Run(params string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        // Longer than any of these jobs takes on a loaded machine.
        if (!process.WaitForExit(TimeSpan.FromMinutes(3)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"'{launcher}' did not end.");
        }

        return (process.ExitCode, output.Result + errors.Result);
    }

    /// <summary>Starts a job.</summary>
    public Process Start(params string[] arguments)
    {
        Assert.SkipWhen(launcher == None, "There is no mpirun on PATH; install Open MPI or MPICH.");
        var start = new ProcessStartInfo(launcher) { RedirectStandardOutput = true, RedirectStandardError = true };
        // As root, and with more processes than cores: both are what containers and small machines are.
        foreach (var name in new[] { "OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "OMPI_MCA_rmaps_base_oversubscribe" })
            start.Environment[name] = "1";
        start.Environment["OMPI_MCA_hwloc_base_binding_policy"] = "none";
        foreach (var argument in new[] { "-n", $"{count}", "dotnet", typeof(MpiProbe.Training).Assembly.Location }.Concat(arguments))
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static bool IsThere(string command) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, command)));
}
