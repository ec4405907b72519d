namespace TfKd;

/// <summary>In which numbers a network is trained.</summary>
public enum Precision
{
    /// <summary>Single precision throughout.</summary>
#pragma warning disable CA1720 // The name of the number's type is what is meant.
    Float32,
#pragma warning restore CA1720

    /// <summary>
    /// Mixed precision: convolutions and matrix products take bfloat16 (8 bits of mantissa) and sum in single precision; weights, gradients
    /// of weights, logits, losses and the optimiser stay in single precision. It pays on processors and graphics cards with instructions
    /// for it, and is far slower elsewhere.
    /// </summary>
    BFloat16,
}
