using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Compares a convolution and its gradients with float64, which oneDNN does not compute. The batch repeats two images, so all of it is
/// verified at the price of two images in float64: every image must come out like its first copy.
/// </summary>
/// <param name="convolution">Takes images, weight and bias; tests put a kernel with a fault here. Null: libtorch's.</param>
internal sealed class ConvolutionProbe(Func<ConvolutionSignature, Tensor, Tensor, Tensor?, Tensor>? convolution = null) : IConvolutionProbe
{
    private const long DistinctImages = 2;

    public KernelVerdict Run(ConvolutionSignature signature, ComputePath path)
    {
        using var scope = NewDisposeScope();
        using var gradients = set_grad_enabled(true);
        using var generator = new Generator(1);
        // Numbers that the path can hold: what it rounds by itself is then that of the results.
        Tensor Rounded(Tensor values) =>
            path.Precision == Precision.BFloat16 ? values.to(ScalarType.BFloat16).to(ScalarType.Float32) : values;
        Tensor Random(params long[] shape) => Rounded(randn(shape, dtype: ScalarType.Float32, generator: generator));

        var distinct = Math.Min(DistinctImages, signature.Batch);
        var fanIn = signature.InChannels / signature.Groups * signature.Kernel.Height * signature.Kernel.Width;
        var images = Random(distinct, signature.InChannels, signature.Input.Height, signature.Input.Width);
        var weight = Random(signature.OutChannels, signature.InChannels / signature.Groups, signature.Kernel.Height,
            signature.Kernel.Width) / Math.Sqrt(fanIn);
        weight = Rounded(weight);
        var bias = signature.HasBias ? Random(signature.OutChannels) : null;
        Tensor outputGradient;
        using (no_grad())
            outputGradient = Random(Convolve(signature, images.to(ScalarType.Float64), weight.to(ScalarType.Float64), null).shape);

        var expected = Reference(signature, images, weight, bias, outputGradient);
        var copies = arange(signature.Batch).remainder(distinct);
        var (batch, batchGradient) = (path.Arrange(images.index_select(0, copies)), path.Arrange(outputGradient.index_select(0, copies)));
        var arrangedWeight = path.Arrange(weight);
        var watch = Stopwatch.StartNew();
        Results actual;
        using (path.Enter())
            actual = Compute(convolution ?? Convolve, signature, batch, arrangedWeight, bias, batchGradient);
        var elapsed = watch.Elapsed.TotalMilliseconds;

        return new KernelVerdict(signature.ToString(), path, LargestError(actual, expected), elapsed);
    }

    private static double LargestError(Results actual, Results expected)
    {
        double[] errors =
        [
            ErrorOfCopies(actual.Output, expected.Output),
            ErrorOf(actual.WeightGradient, expected.WeightGradient),
            actual.InputGradient is null ? 0 : ErrorOfCopies(actual.InputGradient, expected.InputGradient!),
            actual.BiasGradient is null ? 0 : ErrorOf(actual.BiasGradient, expected.BiasGradient!),
        ];
        // Enumerable.Max skips what is not a number.
        return errors.Any(double.IsNaN) ? double.NaN : errors.Max();
    }

    /// <summary>
    /// Float64 results: outputs and input gradients of the distinct images, weight gradients summed over the whole batch.
    /// </summary>
    private static Results Reference(ConvolutionSignature signature, Tensor images, Tensor weight, Tensor? bias, Tensor outputGradient)
    {
        var (outputs, inputGradients) = (new List<Tensor>(), new List<Tensor>());
        Tensor? weightGradient = null, biasGradient = null;
        for (var i = 0; i < images.shape[0]; i++)
        {
            var (image, gradient) = (Double(images.narrow(0, i, 1)), Double(outputGradient.narrow(0, i, 1)));
            var one = Compute(Convolve, signature, image, Double(weight), bias is null ? null : Double(bias), gradient);
            var copies = ((signature.Batch - i - 1) / images.shape[0]) + 1;
            outputs.Add(one.Output);
            if (one.InputGradient is not null)
                inputGradients.Add(one.InputGradient);
            weightGradient = Sum(weightGradient, one.WeightGradient * copies);
            biasGradient = one.BiasGradient is null ? null : Sum(biasGradient, one.BiasGradient * copies);
        }
        return new Results(cat(outputs), inputGradients.Count == 0 ? null : cat(inputGradients), weightGradient!, biasGradient);

        static Tensor Double(Tensor tensor) => tensor.to(ScalarType.Float64);
        static Tensor Sum(Tensor? sum, Tensor term) => sum is null ? term : sum + term;
    }

    private static Results Compute(
        Func<ConvolutionSignature, Tensor, Tensor, Tensor?, Tensor> convolve, ConvolutionSignature signature,
        Tensor images, Tensor weight, Tensor? bias, Tensor outputGradient)
    {
        var input = images.detach().requires_grad_(signature.NeedsInputGradient);
        var kernel = weight.detach().requires_grad_();
        var offset = bias?.detach().requires_grad_();
        var output = convolve(signature, input, kernel, offset);
        output.backward([outputGradient.to(output.dtype)]);
        return new Results(output.detach(), input.grad, kernel.grad!, offset?.grad);
    }

    /// <summary>The convolution as libtorch computes it.</summary>
    internal static Tensor Convolve(ConvolutionSignature signature, Tensor images, Tensor weight, Tensor? bias) => nn.functional.conv2d(
        images, weight, bias, Array(signature.Stride), Array(signature.Padding), Array(signature.Dilation), signature.Groups);

    private static long[] Array((long Height, long Width) size) => [size.Height, size.Width];

    private static double ErrorOfCopies(Tensor actual, Tensor expected)
    {
        var distinct = expected.shape[0];
        var errors = Enumerable.Range(0, (int)distinct)
            .Select(i => ErrorOf(actual.slice(0, i, actual.shape[0], distinct), expected.narrow(0, i, 1))).ToArray();
        return errors.Any(double.IsNaN) ? double.NaN : errors.Max();
    }

    private static double ErrorOf(Tensor actual, Tensor expected)
    {
        using var scope = NewDisposeScope();
        var difference = (actual - expected.to(ScalarType.Float32)).abs().max().item<float>();
        return difference / Math.Max(expected.abs().max().item<double>(), double.Epsilon);
    }

    private sealed record Results(Tensor Output, Tensor? InputGradient, Tensor WeightGradient, Tensor? BiasGradient);
}
