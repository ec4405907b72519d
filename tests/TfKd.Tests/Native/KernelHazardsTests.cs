namespace TfKd.Tests;

public sealed class KernelHazardsTests
{
    private static readonly ComputePath _channelsLast = new(MemoryLayout.ChannelsLast, OneDnn: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Strided_pointwise_convolution_with_big_weights_is_a_hazard_at_small_batches(int batch)
    {
        var signature = Stacks.Convolution(512, 1024, 14, kernel: 1, stride: 2, batch: batch);

        Assert.True(KernelHazards.IsFatal(signature, ComputePath.Default, processorIsAffected: true));
        Assert.True(KernelHazards.IsFatal(signature, _channelsLast, processorIsAffected: true));
        Assert.False(KernelHazards.IsFatal(signature, ComputePath.Trusted, processorIsAffected: true));
        Assert.False(KernelHazards.IsFatal(signature, ComputePath.Default, processorIsAffected: false));
    }

    [Theory]
    [InlineData(512, 1024, 1, 2, KernelHazards.SafeBatch)]
    [InlineData(256, 512, 1, 2, 1)]
    [InlineData(512, 1024, 1, 1, 1)]
    [InlineData(512, 1024, 3, 2, 1)]
    public void Convolutions_seen_to_run_are_no_hazard(int inChannels, int outChannels, int kernel, int stride, int batch)
    {
        var signature = Stacks.Convolution(inChannels, outChannels, 14, kernel, stride, batch: batch);

        Assert.False(KernelHazards.IsFatal(signature, ComputePath.Default, processorIsAffected: true));
    }

    [Theory]
    [InlineData(8, 2, 13, true)]
    [InlineData(15, 2, 5, true)]
    [InlineData(16, 2, 13, false)]
    [InlineData(8, 2, 16, false)]
    [InlineData(8, 1, 13, false)]
    public void Strided_convolutions_of_fewer_than_16_channels_are_not_tried_channels_last_at_odd_batches(
        int inChannels, int stride, int batch, bool isFatal)
    {
        var signature = Stacks.Convolution(inChannels, 32, 32, kernel: 1, stride, batch: batch);

        Assert.Equal(isFatal, KernelHazards.IsFatal(signature, _channelsLast, processorIsAffected: true));
        Assert.False(KernelHazards.IsFatal(signature, _channelsLast, processorIsAffected: false));
        Assert.False(KernelHazards.IsFatal(signature, ComputePath.Default, processorIsAffected: true));
        Assert.False(KernelHazards.IsFatal(signature, ComputePath.Trusted, processorIsAffected: true));
    }

    [Theory]
    [InlineData(4, 2, true)]
    [InlineData(8, 2, false)]
    [InlineData(4, 1, false)]
    public void Strided_convolutions_of_few_channels_are_not_tried_channels_last(int inChannels, int stride, bool isFatal)
    {
        var signature = new ConvolutionSignature
        {
            InChannels = inChannels,
            OutChannels = 8,
            Input = (16, 16),
            Batch = 16,
            Kernel = (1, 1),
            Stride = (stride, stride),
        };
        Assert.Equal(isFatal, KernelHazards.IsFatal(signature, _channelsLast, processorIsAffected: false));
        Assert.False(KernelHazards.IsFatal(signature, ComputePath.Default, processorIsAffected: false));
        Assert.False(KernelHazards.IsFatal(signature, ComputePath.Trusted, processorIsAffected: false));
    }
}
