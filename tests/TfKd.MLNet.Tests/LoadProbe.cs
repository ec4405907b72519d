using System.Diagnostics;
using System.Reflection;

namespace TfKd.MLNet.Tests;

/// <summary>
/// Runs the programs that load a model with nothing but ML.NET: one that has the library beside it, and one that has not.
/// </summary>
internal static class LoadProbe
{
    /// <summary>The folder of the program that has no reference to the library.</summary>
    public static string PortableFolder => System.IO.Path.GetDirectoryName(PathOf("PortableProbe"))!;

    /// <summary>What the program that has the library is started with, as JSON.</summary>
    public static string RuntimeSettings => File.ReadAllText(System.IO.Path.ChangeExtension(PathOf("LoadProbe"), ".runtimeconfig.json"));

    /// <summary>Lines of a label and the scores' bits, one an image.</summary>
    public static string[] Run(string model, IEnumerable<string> images) => Run(Start("LoadProbe", model, images));

    /// <summary>
    /// The same with other environment variables; null takes one away. With a tool, that program runs it: its name and arguments.
    /// </summary>
    public static string[] Run(
        string model, IEnumerable<string> images, IReadOnlyDictionary<string, string?> variables, params string[] tool) =>
        Run(Start("LoadProbe", model, images, variables, tool));

    /// <summary>
    /// A line of the columns' names; lines of a label, the scores' bits and the slot names, one an image; and a line of the label that a
    /// PredictionEngine gives the first.
    /// </summary>
    public static string[] RunPortable(string model, IEnumerable<string> images) => Run(Start("PortableProbe", model, images));

    private static string PathOf(string probe) =>
        typeof(LoadProbe).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == probe).Value!;

    private static ProcessStartInfo Start(
        string probe, string model, IEnumerable<string> images, IReadOnlyDictionary<string, string?>? variables = null,
        params string[] tool)
    {
        var host = Environment.ProcessPath is { } path && System.IO.Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        string[] command = [.. tool, host, PathOf(probe), model, .. images];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in variables ?? new Dictionary<string, string?>())
            start.Environment[name] = value;
        return start;
    }

    private static string[] Run(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var lines = process.StandardOutput.ReadToEnd().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        return lines;
    }
}
