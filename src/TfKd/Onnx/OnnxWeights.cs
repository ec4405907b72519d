namespace TfKd;

/// <summary>In which numbers an ONNX file holds the weights of a network, and computes.</summary>
#pragma warning disable CA1720 // The names of the numbers' types are what is meant.
public enum OnnxWeights
{
    /// <summary>Weights and computation in 32-bit floating point: the scores of Torch, to rounding.</summary>
    Float32,

    /// <summary>
    /// Weights of layers in 16-bit floating point, computation in 32-bit: half the size, and scores that differ in the third digit at most.
    /// </summary>
    Float16,

    /// <summary>
    /// Weights of layers as 8-bit integers with a scale a channel, values between layers as 8-bit integers: about a quarter of the size,
    /// and faster on processors with instructions for it. Labels and scores change somewhat; measure how much. Needs calibration images.
    /// </summary>
    Int8,
}
#pragma warning restore CA1720
