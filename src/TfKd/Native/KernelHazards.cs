using System.Runtime.Intrinsics.X86;

namespace TfKd;

/// <summary>Convolutions that end the process instead of throwing, so that they can only be ruled out beforehand.</summary>
internal static class KernelHazards
{
    /// <summary>Whether this processor has the instructions that the known hazard needs.</summary>
    public static bool ProcessorIsAffected => Avx512F.IsSupported;

    /// <summary>The smallest batch at which no convolution is known to end the process.</summary>
    public const int SafeBatch = 4;

    /// <summary>
    /// oneDNN 3.7 on processors with AVX-512 divides by zero (SIGFPE) in strided 1x1 convolutions with big weights at small batches: seen for
    /// 512 to 1024 channels, stride 2, batch 1 and 2, in both layouts, with one thread and with two; not seen at batch 4, nor for smaller weights.
    /// </summary>
    public static bool EndsProcess(ConvolutionSignature signature, ComputePath path, bool processorIsAffected) =>
        processorIsAffected && path.OneDnn
        && signature.Kernel == (1, 1) && signature.Stride != (1, 1)
        && signature.InChannels / signature.Groups * signature.OutChannels >= 512 * 1024
        && signature.Batch < SafeBatch;
}
