namespace TfKd.MLNet;

/// <summary>In which numbers a network is written as ONNX.</summary>
/// <param name="Weights">Of what type weights are.</param>
/// <param name="Calibration">The ranges that Int8 needs; null for the others.</param>
/// <param name="ReduceRange">Whether weights of Int8 take 7 of the 8 bits.</param>
internal sealed record OnnxNumbers(OnnxWeights Weights, OnnxCalibration? Calibration = null, bool ReduceRange = false)
{
    public static OnnxNumbers Float32 { get; } = new(OnnxWeights.Float32);
}
