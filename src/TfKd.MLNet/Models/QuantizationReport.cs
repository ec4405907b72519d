using System.Text.Json.Serialization;

namespace TfKd.MLNet;

/// <summary>What became of a network's size and scores when it was written in other numbers than float32.</summary>
public sealed record QuantizationReport
{
    /// <summary>The numbers of the weights.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<OnnxWeights>))]
    public required OnnxWeights Weights { get; init; }

    /// <summary>Whether weights of Int8 take 7 of the 8 bits.</summary>
    public bool ReduceRange { get; init; }

    /// <summary>How many training images the ranges of values were measured on; 0 for Float16.</summary>
    public int CalibrationImages { get; init; }

    /// <summary>
    /// The rows that scores were compared on: <c>Validation</c>, or <c>Training</c> where there were none, whose figures are too good.
    /// </summary>
    public required string Split { get; init; }

    /// <summary>The network in float32, on these rows, before calibration; null where photos may have several labels.</summary>
    public ClassificationMetrics? Before { get; init; }

    /// <summary>The network in the other numbers, on these rows, before calibration; null where photos may have several labels.</summary>
    public ClassificationMetrics? After { get; init; }

    /// <summary>
    /// <see cref="Before"/> where photos may have several labels, with thresholds of one half; null where they have one.
    /// </summary>
    public MultiLabelMetrics? LabelsBefore { get; init; }

    /// <summary>
    /// <see cref="After"/> where photos may have several labels, with thresholds of one half; null where they have one.
    /// </summary>
    public MultiLabelMetrics? LabelsAfter { get; init; }

    /// <summary>
    /// Fraction of the rows whose most probable class is the same; where photos may have several labels, of their classes that are said to
    /// be there, or not to be, by both.
    /// </summary>
    public required double Agreement { get; init; }

    /// <summary>Size of the ONNX model in float32, in bytes, without the texts about the training.</summary>
    public required long BytesBefore { get; init; }

    /// <summary>The same in the other numbers.</summary>
    public required long BytesAfter { get; init; }

    /// <summary>
    /// By how many points, hundredths of the rows, the most probable class is right less often; below 0: more often. Where photos may have
    /// several labels, by how many points the mean average precision is lower; NaN where no row has any.
    /// </summary>
    public double Top1Drop => 100 * (Of(Before, LabelsBefore).Quality - Of(After, LabelsAfter).Quality);

    /// <summary>All of it in a line.</summary>
    public override string ToString()
    {
        var (before, after) = (Of(Before, LabelsBefore), Of(After, LabelsAfter));
        var (name, same) = LabelsBefore is null ? ("top-1", "have the same label") : ("mAP", "of yes and no are the same");
        return FormattableString.Invariant($"{BytesBefore / 1024.0:N0} KiB of ONNX are {BytesAfter / 1024.0:N0}; on {before.Count} ")
            + FormattableString.Invariant($"{Split.ToLowerInvariant()} images {name} {100 * before.Quality:F2} % is ")
            + FormattableString.Invariant($"{100 * after.Quality:F2}, log-loss {before.Loss:F4} is {after.Loss:F4}, ")
            + FormattableString.Invariant($"calibration error {before.Error:F4} is {after.Error:F4}; {100 * Agreement:F1} % {same}");
    }

    private static (int Count, double Quality, double Loss, double Error) Of(ClassificationMetrics? one, MultiLabelMetrics? several) =>
        (one, several) switch
        {
            (not null, _) => (one.Count, one.Top1, one.NegativeLogLikelihood, one.ExpectedCalibrationError),
            (_, not null) =>
                (several.Count, several.MeanAveragePrecision, several.NegativeLogLikelihood, several.ExpectedCalibrationError),
            _ => (0, double.NaN, double.NaN, double.NaN),
        };
}
