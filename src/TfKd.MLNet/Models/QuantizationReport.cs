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

    /// <summary>The network in float32, on these rows, before calibration.</summary>
    public required ClassificationMetrics Before { get; init; }

    /// <summary>The network in the other numbers, on the same rows, before calibration.</summary>
    public required ClassificationMetrics After { get; init; }

    /// <summary>Fraction of the rows whose most probable class is the same.</summary>
    public required double Agreement { get; init; }

    /// <summary>Size of the ONNX model in float32, in bytes, without the texts about the training.</summary>
    public required long BytesBefore { get; init; }

    /// <summary>The same in the other numbers.</summary>
    public required long BytesAfter { get; init; }

    /// <summary>By how many points, hundredths of the rows, the most probable class is right less often; below 0: more often.</summary>
    public double Top1Drop => 100 * (Before.Top1 - After.Top1);

    /// <summary>All of it in a line.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"{BytesBefore / 1024.0:N0} KiB of ONNX are {BytesAfter / 1024.0:N0}; on {Before.Count} ")
        + FormattableString.Invariant($"{Split.ToLowerInvariant()} images top-1 {100 * Before.Top1:F2} % is {100 * After.Top1:F2}, ")
        + FormattableString.Invariant($"log-loss {Before.NegativeLogLikelihood:F4} is {After.NegativeLogLikelihood:F4}, ")
        + FormattableString.Invariant($"calibration error {Before.ExpectedCalibrationError:F4} is ")
        + FormattableString.Invariant($"{After.ExpectedCalibrationError:F4}; {100 * Agreement:F1} % have the same label");
}
