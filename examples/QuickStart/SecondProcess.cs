using System.Diagnostics;
using Microsoft.ML;

namespace QuickStart;

/// <summary>Another process loads the saved model by plain <c>mlContext.Model.Load</c> and must predict what the first one did.</summary>
internal static class SecondProcess
{
    private const int Shown = 8;

    /// <summary>In the first process: starts this program anew to load the model and to predict the same photos.</summary>
    /// <returns>Whether it predicted the same.</returns>
    public static bool Start(string model, string folder, IReadOnlyList<Prediction> predictions)
    {
        var expected = Path.ChangeExtension(model, ".predictions.tsv");
        Prediction.Write(expected, predictions);
        string[] arguments = ["predict", model, folder, "--expected", expected];
        var program = Environment.ProcessPath!;
        // Started as 'dotnet QuickStart.dll', the process is the host's: it is to be told the program again.
        var isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        using var process = Process.Start(program, isHost ? [typeof(SecondProcess).Assembly.Location, .. arguments] : arguments);
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    /// <summary>In the second process: loads the model, predicts, and shows a few of the photos.</summary>
    /// <param name="expected">
    /// A file of predictions of the model; null to predict all photos of the folder and compare with nothing.
    /// </param>
    /// <returns>Whether the predictions are the expected ones.</returns>
    public static bool Predict(string model, string folder, string? expected)
    {
        var ml = new MLContext();
        var loaded = ml.Model.Load(model, out _);
        var photos = ml.Data.LoadImagesFromFolder(folder);
        if (expected is null)
        {
            Show(Prediction.Of(ml, loaded, photos), int.MaxValue);
            return true;
        }

        var before = Prediction.Read(expected);
        var paths = before.Select(prediction => prediction.ImagePath).ToHashSet();
        var after = Prediction.Of(ml, loaded, ml.Data.FilterByCustomPredicate<Photo>(photos, photo => !paths.Contains(photo.ImagePath)));
        Console.WriteLine($"Process {Environment.ProcessId} has loaded the model and predicts:");
        Show(after, Shown);
        var same = before.ToHashSet();
        var equal = after.Count(same.Contains);
        Console.WriteLine($"{equal} of {before.Length} predictions equal those of the first process, confidence included.");
        return equal == before.Length;
    }

    /// <summary>Shows some of the predictions, evenly spread.</summary>
    private static void Show(Prediction[] predictions, int count)
    {
        var width = Math.Max(
            "predicted".Length, predictions.Max(prediction => Math.Max(prediction.Label.Length, prediction.Predicted.Length))) + 2;
        Console.WriteLine($"  {"label".PadRight(width)}{"predicted".PadRight(width)}confidence");
        count = Math.Min(count, predictions.Length);
        for (var i = 0; i < count; i++)
        {
            var prediction = predictions[(int)((i + 0.5) * predictions.Length / count)];
            Console.WriteLine($"  {prediction.Label.PadRight(width)}{prediction.Predicted.PadRight(width)}{prediction.Confidence,10:P1}");
        }
    }

    private sealed class Photo
    {
        public string ImagePath { get; set; } = "";
    }
}
