using System.Diagnostics;
using System.Text.RegularExpressions;
using TfKd.Tests;

namespace TfKd.MLNet.Tests;

/// <summary>Builds the script once and runs it as a process.</summary>
public sealed partial class TrainScript
{
#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    private readonly string _script = Path.Combine(Repository.Root, "examples", "ModelBuilder", "train.cs");

    public TrainScript()
    {
        var (exitCode, output, error) = Start(["build", "-c", Configuration, _script]);
        Assert.True(exitCode == 0, output + error);
        RuntimeSettings = File.ReadAllText(Path.ChangeExtension(Built().Match(output).Groups[1].Value, ".runtimeconfig.json"));
    }

    /// <summary>What the program is started with, as JSON.</summary>
    public string RuntimeSettings { get; }

    public (int ExitCode, string Output, string Error) Run(params string[] arguments) =>
        Start(["run", "--no-build", "-c", Configuration, "--file", _script, "--", .. arguments]);

    private static (int ExitCode, string Output, string Error) Start(string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        // What the build that started the tests told its children is not for another build.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        // Processes that stay behind would hold the pipes open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["DOTNET_NOLOGO"] = "1";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    [GeneratedRegex(@"-> (.*[\\/]train\.dll)")]
    private static partial Regex Built();
}
