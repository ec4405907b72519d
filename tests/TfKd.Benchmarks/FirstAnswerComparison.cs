using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.ML;
using SkiaSharp;
using TfKd.MLNet;
using static System.FormattableString;
using Photos = TfKd.FuzzProbe.Images;

namespace TfKd.Benchmarks;

/// <summary>
/// How long a program takes from its start to its first prediction, and how much memory by then, as a Markdown table: a MobileNetV2 at
/// 224x224 as a model file of this library, in float32 and in 8-bit integers, and as a chain of ML.NET's own transformers. The programs
/// are small ones that load a model and print what it says of a JPEG; they take turns in each round. How large they are is what
/// publishing them for this machine writes, without .NET itself.
/// </summary>
internal static class FirstAnswerComparison
{
    private static readonly string[] _classNames = ["a", "b", "c", "d", "e"];

    /// <param name="rounds">How often each is started.</param>
    public static void Run(int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("tfkd-first-");
        try
        {
            Run(rounds, WriteModels(folder.FullName), Path.Combine(folder.FullName, "published"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Run(int rounds, IReadOnlyList<Program> programs, string published)
    {
        foreach (var program in programs)
            program.Start();
        for (var round = 0; round < rounds; round++)
        {
            foreach (var program in round % 2 == 0 ? programs : programs.Reverse())
                program.Runs.Add(program.Start());
        }

        Console.WriteLine("# First answer: MobileNetV2 at 224x224, one JPEG");
        Console.WriteLine();
        Console.WriteLine($"{Conditions.Describe(typeof(MLContext))} Medians of {rounds} starts, ratios within rounds.");
        Console.WriteLine();
        Console.WriteLine("| | seconds | / ML.NET's | MiB at most | / ML.NET's | MB of the file | MB of the program |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        var sizes = programs.Select(program => program.Probe).Distinct().ToDictionary(
            probe => probe, probe => Program.PublishedBytes(probe, Path.Combine(published, probe)) / 1e6);
        foreach (var program in programs)
        {
            var (time, memory) = (program.Median(run => run.Seconds), program.Median(run => run.Mebibytes));
            var (slower, larger) = (program.Ratio(programs[^1], run => run.Seconds), program.Ratio(programs[^1], run => run.Mebibytes));
            Console.Write(Invariant($"| {program.Name} | {time:F3} | {slower:F3} | {memory:F0} | {larger:F3} "));
            Console.WriteLine(Invariant($"| {new FileInfo(program.Model).Length / 1e6:F1} | {sizes[program.Probe]:F1} |"));
        }
    }

    private static IReadOnlyList<Program> WriteModels(string folder)
    {
        var ml = new MLContext(seed: 1);
        TorchRuntime.EnsureLoaded();
        TorchSharp.torch.random.manual_seed(1);
        using var network = new MobileNetV2().Build(_classNames.Length);
        network.Normalization.Set(ChannelStatistics.ImageNet);
        network.eval();
        var photo = Path.Combine(folder, "photo.jpg");
        File.WriteAllBytes(photo, Photos.Encode(SKEncodedImageFormat.Jpeg, seed: 1, width: 320, height: 240));
        var bytes = ml.Data.LoadFromEnumerable([new { Image = File.ReadAllBytes(photo) }]);
        var calibration = network.Calibrate(Rows.Make(64, network.Architecture.InputShape, _classNames.Length));
        using var plain = Transformer(network, OnnxNumbers.Float32);
        using var small = Transformer(network, new OnnxNumbers(OnnxWeights.Int8, calibration));
        using var bare = small.WithoutWeights();
        using var portable = (IDisposable)plain.ToPortable(ml, PortableImageColumn.Path);
        var path = ml.Data.LoadFromEnumerable([new { Image = photo }]);
        return
        [
            new("this library, float32", "LoadProbe", Save(plain, bytes, "float32.zip"), photo, LinesBefore: 0),
            new("this library, 8-bit integers", "LoadProbe", Save(small, bytes, "int8.zip"), photo, LinesBefore: 0),
            new("this library, 8-bit integers, without weights", "LoadProbe", Save(bare, bytes, "bare.zip"), photo, LinesBefore: 0),
            new("ML.NET's own transformers", "PortableProbe", Save((ITransformer)portable, path, "portable.zip"), photo, LinesBefore: 1),
        ];

        // With the label as text, which programs want.
        string Save(ITransformer model, IDataView rows, string name)
        {
            var file = Path.Combine(folder, name);
            var toText = ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel").Fit(model.Transform(rows));
            ml.Model.Save(model.Append(toText), rows.Schema, file);
            return file;
        }
    }

    private static TorchImageClassificationTransformer Transformer(ImageNetwork network, OnnxNumbers numbers)
    {
        var classes = ClassKeys.FromCard(new ClassList("Text", JsonSerializer.SerializeToElement(_classNames)));
        return new(
            NetworkExport.ToModel(network, classes, new TrainingProvenance(), new OnnxForm { Numbers = numbers }),
            new TransformerColumns("Image", "Score", "PredictedLabel"));
    }

    /// <summary>One start of a program.</summary>
    /// <param name="Seconds">Until the prediction was there.</param>
    /// <param name="Mebibytes">The most memory of the process.</param>
    private sealed record Start(double Seconds, double Mebibytes);

    /// <summary>A program that predicts.</summary>
    /// <param name="Name">What the table calls it.</param>
    /// <param name="Probe">The name of its project.</param>
    /// <param name="Model">The file that it loads.</param>
    /// <param name="Photo">What it is asked about.</param>
    /// <param name="LinesBefore">Lines that it prints before the prediction.</param>
    private sealed record Program(string Name, string Probe, string Model, string Photo, int LinesBefore)
    {
        public List<Start> Runs { get; } = [];

        public double Median(Func<Start, double> value) => Benchmarks.Median.Of(Runs.Select(value));

        public double Ratio(Program other, Func<Start, double> value) =>
            Benchmarks.Median.Of(Runs.Zip(other.Runs, (one, beside) => value(one) / value(beside)));

        public Start Start()
        {
            var stopwatch = Stopwatch.StartNew();
            using var process = Process.Start(new ProcessStartInfo("dotnet", [PathOf(Probe), Model, Photo]) { RedirectStandardOutput = true })!;
            var peak = 0L;
            var watch = new Thread(() =>
            {
                while (!process.HasExited)
                {
                    process.Refresh();
                    peak = Math.Max(peak, PeakOf(process));
                    Thread.Sleep(2);
                }
            });
            watch.Start();
            for (var line = 0; line < LinesBefore; line++)
                process.StandardOutput.ReadLine();
            var prediction = process.StandardOutput.ReadLine();
            var seconds = stopwatch.Elapsed.TotalSeconds;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            watch.Join();
            return prediction is not null && process.ExitCode == 0
                ? new(seconds, peak / 1048576.0)
                : throw new InvalidOperationException($"{Probe} ended with exit code {process.ExitCode}.");
        }

        /// <summary>The size of all files that are published for this machine, without .NET itself.</summary>
        /// <param name="probe">The name of the project.</param>
        /// <param name="folder">Takes them, and all that is built for them.</param>
        public static long PublishedBytes(string probe, string folder)
        {
            // From the project's bin/Release/net10.0.
            var project = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(PathOf(probe))!, "..", "..", ".."));
            var output = Path.Combine(folder, "output");
            using var process = Process.Start(new ProcessStartInfo(
                "dotnet",
                [
                    "publish", project, "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "--no-self-contained", "-o", output,
                    "--artifacts-path", Path.Combine(folder, "artifacts"),
                ])
            {
                RedirectStandardOutput = true,
            })!;
            var text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0
                ? new DirectoryInfo(output).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length)
                : throw new InvalidOperationException($"{probe} cannot be published: {text}");
        }

        // It may end between the question and the answer.
        private static long PeakOf(Process process)
        {
            try
            {
                return process.PeakWorkingSet64;
            }
            catch (InvalidOperationException)
            {
                return 0;
            }
        }

        private static string PathOf(string probe) => typeof(FirstAnswerComparison).Assembly
            .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == probe).Value!;
    }
}
