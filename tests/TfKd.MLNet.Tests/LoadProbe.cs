using System.Diagnostics;
using System.Reflection;

namespace TfKd.MLNet.Tests;

/// <summary>Runs the program that loads a model with nothing but ML.NET.</summary>
internal static class LoadProbe
{
    private static readonly string Path = typeof(LoadProbe).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "LoadProbe").Value!;

    /// <summary>Lines of a label and the scores' bits, one an image.</summary>
    public static string[] Run(string model, IEnumerable<string> images)
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath is { } host && System.IO.Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet", [Path, model, .. images])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var lines = process.StandardOutput.ReadToEnd().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        return lines;
    }
}
