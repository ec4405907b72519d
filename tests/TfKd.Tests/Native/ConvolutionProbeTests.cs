using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

[Collection(ProcessWideState.Name)]
public sealed class ConvolutionProbeTests
{
    private static readonly ConvolutionSignature _signature = Stacks.Convolution(5, 6, 7, batch: 5) with { HasBias = true };

    public ConvolutionProbeTests() => TorchRuntime.EnsureLoaded();

    private static KernelVerdict Run(Func<ConvolutionSignature, Tensor, Tensor, Tensor?, Tensor>? convolution) =>
        new ConvolutionProbe(convolution).Run(_signature, ComputePath.Default);

    [Fact]
    public void Right_kernel_passes_with_an_error_of_rounding_size()
    {
        var verdict = Run(null);

        Assert.True(verdict.IsRight);
        Assert.InRange(verdict.Error!.Value, 1e-9, 1e-5);
        Assert.Equal(_signature.ToString(), verdict.Convolution);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4)]
    public void One_wrong_value_in_any_image_is_seen(int image)
    {
        var verdict = Run((signature, images, weight, bias) =>
        {
            var output = ConvolutionProbe.Convolve(signature, images, weight, bias);
            var fault = zeros_like(output);
            fault[image, 2, 3, 4] = 1;
            return output + fault;
        });

        Assert.False(verdict.IsRight);
    }

    [Fact]
    public void Uninitialised_memory_is_seen()
    {
        Assert.False(Run((signature, images, weight, bias) =>
        {
            var output = ConvolutionProbe.Convolve(signature, images, weight, bias);
            var fault = zeros_like(output);
            fault[0, 0, 0, 0] = double.NaN;
            return output + fault;
        }).IsRight);
    }

    [Fact]
    public void Fault_in_one_gradient_alone_is_seen()
    {
        // The value is right, but the gradient of one argument is scaled.
        static Tensor Scaled(Tensor tensor) => (tensor * 1.5) - (tensor * 0.5).detach();

        Assert.False(Run((signature, images, weight, bias) => ConvolutionProbe.Convolve(signature, Scaled(images), weight, bias)).IsRight);
        Assert.False(Run((signature, images, weight, bias) => ConvolutionProbe.Convolve(signature, images, Scaled(weight), bias)).IsRight);
        Assert.False(Run((signature, images, weight, bias) => ConvolutionProbe.Convolve(signature, images, weight, Scaled(bias!))).IsRight);
    }

    [Fact]
    public void Probe_leaves_no_tensor_and_no_random_number_behind()
    {
        using var before = get_rng_state();
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        new ConvolutionProbe().Run(_signature, ComputePath.Trusted);

        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        using var after = get_rng_state();
        Assert.Equal(before.data<byte>().ToArray(), after.data<byte>().ToArray());
    }
}
