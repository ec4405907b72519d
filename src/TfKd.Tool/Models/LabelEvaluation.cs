using System.Globalization;
using TfKd.MLNet;

namespace TfKd.Tool;

/// <summary>How well a model of several labels a photo finds them, at its thresholds.</summary>
/// <param name="metrics">The figures.</param>
/// <param name="unknown">Labels of the photos that the model does not know.</param>
/// <param name="damaged">Photos that could not be read.</param>
internal sealed class LabelEvaluation(MultiLabelMetrics metrics, IReadOnlyList<string> unknown, int damaged) : Evaluation
{
    /// <summary>Counts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="photos">The photos.</param>
    /// <param name="answers">The scores of those that could be read.</param>
    /// <param name="damaged">Photos that could not.</param>
    /// <param name="output">Is told of labels that the model does not know.</param>
    /// <exception cref="InvalidDataException">It knows none of them.</exception>
    public static LabelEvaluation Of(
        TorchImageClassificationModel model, PhotoFolder photos, IReadOnlyList<(string Label, float[] Scores)> answers, int damaged,
        ToolOutput output)
    {
        var places = model.ClassNames.Select((name, index) => (name, index)).ToDictionary(pair => pair.name, pair => pair.index);
        string[] unknown = [.. photos.ClassNames.Where(name => !places.ContainsKey(name))];
        if (unknown.Length == photos.ClassNames.Count)
            throw NoneKnown(model, unknown);
        if (unknown.Length > 0)
            output.Warn($"The model does not know these labels of the photos, which are not counted: [{string.Join(", ", unknown)}].");
        var scores = new MultiLabelScores(model.ClassNames.Count);
        foreach (var (label, probabilities) in answers)
            scores.AddProbabilities(probabilities, [.. photos.LabelsOf(label).Where(places.ContainsKey).Select(name => places[name])]);
        return new(scores.ToMetrics(model.ClassNames, model.Thresholds), unknown, damaged);
    }

    /// <inheritdoc/>
    public override string ToText()
    {
        string[][] rows =
        [
            ["class", "photos", "AP", "F1", "threshold", "precision", "recall"],
            .. metrics.Classes.Select(one => new[]
            {
                one.Name, Invariant($"{one.Count}"), Percent(one.AveragePrecision), Percent(one.F1), Invariant($"{one.Threshold:F3}"),
                Percent(one.Precision), Percent(one.Recall),
            }),
        ];
        return Invariant($"mAP {metrics.MeanAveragePrecision:P1} on {Counted.Photos(metrics.Count)}, F1 {metrics.MicroF1:P1}, ")
            + Invariant($"all labels right {metrics.SubsetAccuracy:P1}, log-loss {metrics.NegativeLogLikelihood:F3}, ")
            + Invariant($"calibration error {metrics.ExpectedCalibrationError:P1}\n\n") + TextTable.Of(rows);
    }

    /// <inheritdoc/>
    public override object ToJson() => new
    {
        Photos = metrics.Count,
        UnknownLabels = unknown,
        DamagedPhotos = damaged,
        MeanAveragePrecision = Known(metrics.MeanAveragePrecision),
        MicroF1 = Known(metrics.MicroF1),
        MacroF1 = Known(metrics.MacroF1),
        metrics.SubsetAccuracy,
        metrics.HammingLoss,
        LogLoss = metrics.NegativeLogLikelihood,
        CalibrationError = metrics.ExpectedCalibrationError,
        Classes = metrics.Classes.Select(one => new
        {
            Class = one.Name,
            Photos = one.Count,
            AveragePrecision = Known(one.AveragePrecision),
            one.Threshold,
            Precision = Known(one.Precision),
            Recall = Known(one.Recall),
            F1 = Known(one.F1),
        }),
    };
}
