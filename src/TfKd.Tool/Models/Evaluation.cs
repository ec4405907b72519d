using System.Globalization;
using TfKd.MLNet;

namespace TfKd.Tool;

/// <summary>How well a model does on labelled photos.</summary>
internal sealed class Evaluation
{
    private readonly ClassificationReport _report;
    private readonly int _unknown;
    private readonly int _damaged;

    private Evaluation(ClassificationReport report, int unknown, int damaged) =>
        (_report, _unknown, _damaged) = (report, unknown, damaged);

    /// <summary>Scores the photos and counts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="photos">The photos; those of classes that the model does not have are counted, and left out.</param>
    /// <param name="skipDamaged">Whether those that cannot be read are, too, or are an error.</param>
    /// <param name="output">Shows how far it is, and is told what was left out.</param>
    /// <param name="token">Stops it.</param>
    /// <exception cref="InvalidDataException">
    /// A photo cannot be read; or the model knows none of the classes, or is of several labels a photo.
    /// </exception>
    public static Evaluation Of(
        TorchImageClassificationModel model, PhotoFolder photos, bool skipDamaged, ToolOutput output, CancellationToken token)
    {
        ModelLoader.RequireOneLabel(model, "The figures are");
        var labels = model.ClassNames.Select((name, index) => (name, index)).ToDictionary(pair => pair.name, pair => pair.index);
        var known = Known(model, photos, output);
        using var scorer = new PhotoScorer(model, output);
        var (answers, damaged) = (new List<(float[], int)>(), 0);
        foreach (var (photo, file) in scorer.Score([.. known.Select(file => file.Path)], token).Zip(known))
        {
            if (photo.Scores is { } scores)
                answers.Add((Array.ConvertAll(scores, MathF.Log), labels[file.Label]));
            else if (!skipDamaged)
                throw new InvalidDataException($"{photo.Error} --skip-damaged leaves such photos out.");
            else
                damaged++;
        }

        if (damaged > 0)
            output.Warn($"{damaged} photos could not be read, and are left out.");
        return answers.Count > 0
            ? new(new ClassificationReport(model.ClassNames, answers), photos.Files.Count - known.Count, damaged)
            : throw new InvalidDataException($"None of the {known.Count} photos could be read.");
    }

    /// <summary>Accuracy in a line, and a table of the classes.</summary>
    public string ToText()
    {
        var metrics = _report.Metrics;
        var width = _report.Classes.Count;
        string[][] rows =
        [
            ["class", "photos", "precision", "recall", "F1", "most often taken for"],
            .. Enumerable.Range(0, width).Where(k => _report.Classes[k] is not { Count: 0, Predicted: 0 }).Select(Row),
        ];
        return Invariant($"Accuracy {metrics.Top1:P1} on {metrics.Count} photos, mean over classes {MeanRecall:P1}, ")
            + Invariant($"log-loss {metrics.NegativeLogLikelihood:F3}, calibration error {metrics.ExpectedCalibrationError:P1}\n\n")
            + TextTable.Of(rows);
    }

    /// <summary>The same, and all confusions, for machines.</summary>
    public object ToJson() => new
    {
        Photos = _report.Metrics.Count,
        UnknownClassPhotos = _unknown,
        DamagedPhotos = _damaged,
        Accuracy = _report.Metrics.Top1,
        MacroAccuracy = MeanRecall,
        LogLoss = _report.Metrics.NegativeLogLikelihood,
        CalibrationError = _report.Metrics.ExpectedCalibrationError,
        Classes = _report.Classes.Select((figures, label) => new
        {
            Class = figures.Name,
            Photos = figures.Count,
            Precision = Known(figures.Precision),
            Recall = Known(figures.Recall),
            F1 = Known(figures.F1),
            PredictedAs = _report.Classes
                .Select((other, predicted) => (other.Name, Count: _report.Confusions(label, predicted)))
                .Where(cell => cell.Count > 0)
                .ToDictionary(cell => cell.Name, cell => cell.Count),
        }),
    };

    private static List<(string Path, string Label)> Known(
        TorchImageClassificationModel model, PhotoFolder photos, ToolOutput output)
    {
        var names = model.ClassNames.ToHashSet();
        var known = photos.Files.Where(file => names.Contains(file.Label)).ToList();
        var strange = $"[{string.Join(", ", photos.ClassNames.Where(name => !names.Contains(name)))}]";
        if (known.Count == 0)
        {
            throw new InvalidDataException(
                $"The model knows none of the classes of the photos, {strange}; it knows [{string.Join(", ", model.ClassNames)}].");
        }

        if (known.Count < photos.Files.Count)
        {
            output.Warn(
                $"{photos.Files.Count - known.Count} photos are of classes that the model does not know, and are left out: {strange}.");
        }

        return known;
    }

    private double MeanRecall => _report.Classes.Where(figures => figures.Count > 0).Average(figures => figures.Recall);

    private string[] Row(int label)
    {
        var figures = _report.Classes[label];
        var (name, count) = _report.Classes
            .Select((other, predicted) => (other.Name, Count: predicted == label ? 0 : _report.Confusions(label, predicted)))
            .MaxBy(cell => cell.Count);
        return
        [
            figures.Name, Invariant($"{figures.Count}"), Percent(figures.Precision), Percent(figures.Recall), Percent(figures.F1),
            count > 0 ? $"{name} ({count})" : "",
        ];
    }

    private static double? Known(double value) => double.IsNaN(value) ? null : value;

    private static string Percent(double value) => double.IsNaN(value) ? "-" : Invariant($"{value:P1}");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
