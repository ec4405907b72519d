using TfKd.MLNet;

namespace TfKd.Tool;

/// <summary>How well a model does on photos of one class each.</summary>
internal sealed class ClassEvaluation : Evaluation
{
    private readonly ClassificationReport _report;
    private readonly int _unknown;
    private readonly int _damaged;

    private ClassEvaluation(ClassificationReport report, int unknown, int damaged) =>
        (_report, _unknown, _damaged) = (report, unknown, damaged);

    /// <summary>Counts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="answers">The class and the scores of each photo that could be read.</param>
    /// <param name="unknown">Photos of classes that the model does not have.</param>
    /// <param name="damaged">Photos that could not be read.</param>
    public static ClassEvaluation Of(
        TorchImageClassificationModel model, IEnumerable<(string Label, float[] Scores)> answers, int unknown, int damaged)
    {
        var labels = model.ClassNames.Select((name, index) => (name, index)).ToDictionary(pair => pair.name, pair => pair.index);
        var rows = answers.Select(answer => (Array.ConvertAll(answer.Scores, MathF.Log), labels[answer.Label]));
        return new(new ClassificationReport(model.ClassNames, rows), unknown, damaged);
    }

    /// <inheritdoc/>
    public override string ToText()
    {
        var metrics = _report.Metrics;
        var width = _report.Classes.Count;
        string[][] rows =
        [
            ["class", "photos", "precision", "recall", "F1", "most often taken for"],
            .. Enumerable.Range(0, width).Where(k => _report.Classes[k] is not { Count: 0, Predicted: 0 }).Select(Row),
        ];
        return Invariant($"Accuracy {metrics.Top1:P1} on {Counted.Photos(metrics.Count)}, mean over classes {MeanRecall:P1}, ")
            + Invariant($"log-loss {metrics.NegativeLogLikelihood:F3}, calibration error {metrics.ExpectedCalibrationError:P1}\n\n")
            + TextTable.Of(rows);
    }

    /// <inheritdoc/>
    public override object ToJson() => new
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

    /// <summary>The photos of classes that the model knows.</summary>
    /// <param name="model">The model.</param>
    /// <param name="photos">The photos.</param>
    /// <param name="output">Is told how many others there are.</param>
    /// <exception cref="InvalidDataException">It knows none of them.</exception>
    public static IReadOnlyList<(string Path, string Label)> Known(
        TorchImageClassificationModel model, PhotoFolder photos, ToolOutput output)
    {
        var names = model.ClassNames.ToHashSet();
        var known = photos.Files.Where(file => names.Contains(file.Label)).ToList();
        string[] strange = [.. photos.ClassNames.Where(name => !names.Contains(name))];
        if (known.Count == 0)
            throw NoneKnown(model, strange);
        if (known.Count < photos.Files.Count)
        {
            output.Warn(
                $"Left out: {Counted.Photos(photos.Files.Count - known.Count)} of classes that the model does not know, "
                + $"[{string.Join(", ", strange)}].");
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
}
