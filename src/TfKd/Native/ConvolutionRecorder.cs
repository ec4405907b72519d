using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Finds a network's convolutions by one small forward with hooks on its <see cref="Conv2d"/> leaves. A convolution called as a function,
/// or a leaf run by <c>forward</c> instead of <c>call</c>, is not seen.
/// </summary>
internal static class ConvolutionRecorder
{
    /// <summary>
    /// The distinct convolutions of each batch size, in the order of their first use. The network and Torch's random numbers stay as they
    /// were.
    /// </summary>
    /// <param name="network">Maps images [N,C,H,W] to anything.</param>
    /// <param name="inputShape">C, H and W.</param>
    /// <param name="batchSizes">The batch sizes that will run.</param>
    public static IReadOnlyDictionary<int, IReadOnlyList<ConvolutionSignature>> Record(
        nn.Module<Tensor, Tensor> network, ReadOnlySpan<long> inputShape, IReadOnlyList<int> batchSizes)
    {
        const int RecordingBatch = KernelHazards.SafeBatch;
        var found = new List<ConvolutionSignature>();
        var hooks = network.modules()
            .OfType<Conv2d>().Distinct().Select(convolution => convolution.register_forward_hook((_, input, output) =>
        {
            found.Add(Describe(convolution, input));
            return output;
        })).ToList();
        try
        {
            using var scope = NewDisposeScope();
            using var gradients = set_grad_enabled(true);
            using var evaluation = new EvaluationMode(network);
            network.call(zeros([RecordingBatch, .. inputShape]));
        }
        finally
        {
            foreach (var hook in hooks)
                hook.remove();
        }
        return batchSizes.Distinct().ToDictionary(size => size, size => (IReadOnlyList<ConvolutionSignature>)
            [.. found.Select(signature => signature with { Batch = Math.Max(1, signature.Batch * size / RecordingBatch) }).Distinct()]);
    }

    private static ConvolutionSignature Describe(Conv2d convolution, Tensor input)
    {
        var dilation = Pair(convolution.dilation);
        var kernel = Pair(convolution.kernel_size);
        (long Height, long Width) padding = convolution.padding_type switch
        {
            Padding.Valid => (0, 0),
            Padding.Same => (dilation.Height * (kernel.Height - 1) / 2, dilation.Width * (kernel.Width - 1) / 2),
            _ => Pair(convolution.padding!),
        };
        // Other ways of padding than with zeros are an operation of their own before the convolution.
        var outside = convolution.padding_mode != PaddingModes.Zeros;
        var (height, width) = (input.shape[2], input.shape[3]);
        return new ConvolutionSignature
        {
            InChannels = convolution.in_channels,
            OutChannels = convolution.out_channels,
            Input = outside ? (height + (2 * padding.Height), width + (2 * padding.Width)) : (height, width),
            Batch = input.shape[0],
            Kernel = kernel,
            Stride = Pair(convolution.stride),
            Padding = outside ? (0, 0) : padding,
            Dilation = dilation,
            Groups = convolution.groups,
            HasBias = convolution.bias is not null,
            NeedsInputGradient = input.requires_grad,
        };
    }

    private static (long Height, long Width) Pair(long[] sizes) => (sizes[0], sizes[^1]);
}
