using System.Runtime.Intrinsics.X86;

namespace TfKd;

/// <summary>Convolutions that end the process, or never end, instead of throwing, so that they can only be ruled out beforehand.</summary>
internal static class KernelHazards
{
    /// <summary>Whether this processor has the instructions that the first two hazards were seen with.</summary>
    public static bool ProcessorIsAffected => Avx512F.IsSupported;

    /// <summary>The smallest batch at which no convolution is known to end the process.</summary>
    public const int SafeBatch = 4;

    /// <summary>Whether a convolution may end the process or never return, so that it must not even be tried.</summary>
    /// <param name="signature">The convolution.</param>
    /// <param name="path">How it would be computed.</param>
    /// <param name="processorIsAffected">Whether the processor has the instructions of the first two hazards.</param>
    public static bool IsFatal(ConvolutionSignature signature, ComputePath path, bool processorIsAffected) =>
        path.OneDnn && signature.Kernel == (1, 1)
            && signature.Stride != (1, 1) && (DividesByZero(signature, processorIsAffected)
                || WritesBeyond(signature, path, processorIsAffected) || NeverReturns(signature, path));

    /// <summary>
    /// oneDNN 3.7 on processors with AVX-512 divides by zero (SIGFPE) in strided 1x1 convolutions with big weights at small batches: seen
    /// for 512 to 1024 channels, stride 2, batch 1 and 2, in both layouts, with one thread and with two; not seen at batch 4, nor for
    /// smaller weights.
    /// </summary>
    private static bool DividesByZero(ConvolutionSignature signature, bool processorIsAffected) =>
        processorIsAffected && signature.InChannels / signature.Groups * signature.OutChannels >= 512 * 1024 && signature.Batch < SafeBatch;

    /// <summary>
    /// oneDNN on processors with AVX-512 writes beyond its memory (SIGSEGV, or a heap that is found damaged later) in the backward pass of
    /// a strided 1x1 convolution of fewer than 16 channels, channels last, at odd batches: seen for 8, 10, 12, 14 and 15 channels,
    /// stride 2, batch 3 to 31, with two to four threads; not seen at even batches, contiguous, with one thread, nor from 16 channels on.
    /// </summary>
    private static bool WritesBeyond(ConvolutionSignature signature, ComputePath path, bool processorIsAffected) =>
        processorIsAffected && path.Layout == MemoryLayout.ChannelsLast
            && signature.InChannels / signature.Groups < 16 && signature.Batch % 2 == 1;

    /// <summary>
    /// The weights' gradient of a strided 1x1 convolution of few channels, channels last, now and then loops for ever in a kernel of
    /// oneDNN's for AVX2: seen for 4 to 8 channels, stride 2, at 16x16 and batch 16 after 142 steps, and in training; not seen in 3,000 to
    /// 8,000 steps contiguous, at stride 1, or for 6 channels and more. Whole vectors of 8 channels are what the kernel is made for.
    /// </summary>
    private static bool NeverReturns(ConvolutionSignature signature, ComputePath path) =>
        path.Layout == MemoryLayout.ChannelsLast && signature.InChannels / signature.Groups < 8;
}
