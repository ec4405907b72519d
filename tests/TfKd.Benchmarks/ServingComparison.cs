using System.Diagnostics;
using System.Reflection;
using OnnxServing;
using TfKd.MLNet.Tests;

namespace TfKd.Benchmarks;

/// <summary>The web example under load: is any answer wrong, and does its memory stay where it is?</summary>
internal static class ServingComparison
{
    private const int Parts = 6;

    /// <summary>Clients ask for so long, in six parts, after each of which the server's memory is told.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(int seconds, int clients)
    {
        var folder = Directory.CreateTempSubdirectory("tfkd-serving-").FullName;
        try
        {
            var model = WorkerComparison.Save(folder, new MobileNetV2 { InputShape = new ImageShape(3, 64, 64) });
            using var classifier = new OnnxClassifier(model, threads: 1);
            using var server = Start(model);
            var address = Listening(server);
            var load = new ServingLoad(classifier, address, "model");
            Console.WriteLine(
                $"{Conditions.Describe()} MobileNetV2 at 64x64, {clients} clients, 1 to 4 images a request, a quarter as JSON.");
            for (var part = 1; part <= Parts; part++)
            {
                load.Run(clients, TimeSpan.FromSeconds((double)seconds / Parts), CancellationToken.None).GetAwaiter().GetResult();
                server.Refresh();
                Console.WriteLine(FormattableString.Invariant(
                    $"{part * seconds / Parts} s: {load.Right} right, {load.Wrong.Count} wrong, {load.Refused} told to come again, ")
                    + $"{server.WorkingSet64 / 1_000_000} MB, at most {server.PeakWorkingSet64 / 1_000_000} MB");
            }

            if (load.Wrong.First is { } wrong)
                Console.WriteLine(wrong);
            Process.Start("kill", ["-TERM", $"{server.Id}"]).WaitForExit();
            server.WaitForExit();
            Console.WriteLine($"Asked to stop, it ended with exit code {server.ExitCode}.");
            return load.Wrong.Count == 0 && load.Right > 0 && server.ExitCode == 0 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Process Start(string model) => Process.Start(new ProcessStartInfo(
        Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
        [
            typeof(ServingComparison).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
                .Single(attribute => attribute.Key == "ServeProgram").Value!,
            "--model", model, "--port", "0",
        ])
    {
        RedirectStandardOutput = true,
    })!;

    // "Listening on http://127.0.0.1:41234, 5 classes, ..."
    private static Uri Listening(Process server) => new(
        server.StandardOutput.ReadLine()?.Split(' ')[2].TrimEnd(',') ?? throw new InvalidOperationException("The server did not start."));
}
