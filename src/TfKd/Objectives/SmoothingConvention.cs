namespace TfKd;

/// <summary>
/// Where label smoothing puts the probability that it takes from the target. The same family: Uniform by s is OffTarget by s (K - 1) / K.
/// </summary>
public enum SmoothingConvention
{
    /// <summary>On all K classes alike, the target included: s / K each. The papers', PyTorch's and optax's convention.</summary>
    Uniform,

    /// <summary>On the K - 1 other classes: s / (K - 1) each. The convention of the Tf-KD authors' code.</summary>
    OffTarget,
}
