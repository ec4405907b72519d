namespace TfKd.Tests.Native;

public sealed class KernelHazardsTests
{
    private static readonly ComputePath _channelsLast = new(MemoryLayout.ChannelsLast, OneDnn: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Strided_pointwise_convolution_with_big_weights_is_a_hazard_at_small_batches(int batch)
    {
        var signature = Stacks.Convolution(512, 1024, 14, kernel: 1, stride: 2, batch: batch);

        Assert.True(KernelHazards.EndsProcess(signature, ComputePath.Default, processorIsAffected: true));
        Assert.True(KernelHazards.EndsProcess(signature, _channelsLast, processorIsAffected: true));
        Assert.False(KernelHazards.EndsProcess(signature, ComputePath.Trusted, processorIsAffected: true));
        Assert.False(KernelHazards.EndsProcess(signature, ComputePath.Default, processorIsAffected: false));
    }

    [Theory]
    [InlineData(512, 1024, 1, 2, KernelHazards.SafeBatch)]
    [InlineData(256, 512, 1, 2, 1)]
    [InlineData(512, 1024, 1, 1, 1)]
    [InlineData(512, 1024, 3, 2, 1)]
    public void Convolutions_seen_to_run_are_no_hazard(int inChannels, int outChannels, int kernel, int stride, int batch)
    {
        var signature = Stacks.Convolution(inChannels, outChannels, 14, kernel, stride, batch: batch);

        Assert.False(KernelHazards.EndsProcess(signature, ComputePath.Default, processorIsAffected: true));
    }
}
