namespace TfKd;

/// <summary>What the check says of one convolution on one path.</summary>
/// <param name="Convolution">Channels, kernel, stride, padding, dilation, groups, input size and batch size.</param>
/// <param name="Path">The path that was checked.</param>
/// <param name="Error">
/// Largest difference from float64 over forward and gradients, each as a share of its largest value. Not a number where the path gave none;
/// null where the convolution was not run, since it is known to end the process.
/// </param>
/// <param name="Milliseconds">Time of one forward and backward; null where it was not run.</param>
public sealed record KernelVerdict(string Convolution, ComputePath Path, double? Error, double? Milliseconds)
{
    /// <summary>
    /// Largest error that passes. Rounding stays below 0.0001 in the convolutions of the known networks at batches up to 256 (sums of
    /// 262,144 products); a kernel with a fault is off by a tenth and more.
    /// </summary>
    public const double Tolerance = 5e-3;

    /// <summary>The same in bfloat16, whose rounding of each output alone is up to 0.004 of it.</summary>
    public const double BFloat16Tolerance = 2e-2;

    /// <summary>Whether the path computes this convolution right.</summary>
    public bool IsRight => Error <= (Path.Precision == Precision.BFloat16 ? BFloat16Tolerance : Tolerance);
}
