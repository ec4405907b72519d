using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TfKd.Tests;

[Collection(ProcessWideState.Name)]
public sealed class ConvolutionRecorderTests
{
    public ConvolutionRecorderTests() => TorchRuntime.EnsureLoaded();

    [Fact]
    public void Each_distinct_convolution_is_found_at_each_batch_size()
    {
        using var network = Sequential(
            Conv2d(3, 8, 3, padding: 1), Sequential(
                Conv2d(8, 8, 3, padding: 1, bias: false), Conv2d(8, 8, 3, padding: 1, bias: false)), Conv2d(
                    8, 8, 3, padding: 1, groups: 8, stride: 2));

        var found = ConvolutionRecorder.Record(network, [3, 10, 12], [16, 5, 16]).SelectMany(batch => batch.Value);

        string[] expected =
        [
            "3->8 3x3 stride 1x1 padding 1x1 dilation 1x1 groups 1 bias first at 10x12 batch 16",
            "8->8 3x3 stride 1x1 padding 1x1 dilation 1x1 groups 1 at 10x12 batch 16",
            "8->8 3x3 stride 2x2 padding 1x1 dilation 1x1 groups 8 bias at 10x12 batch 16",
        ];
        Assert.Equal(
            expected.Concat(expected.Select(text => text.Replace("batch 16", "batch 5", StringComparison.Ordinal))),
            found.Select(signature => signature.ToString()));
    }

    [Fact]
    public void Convolutions_of_patches_and_large_depthwise_ones_are_found()
    {
        using var network = new ConvNeXt { Width = 4, ThirdStageBlocks = 1, InputShape = new ImageShape(3, 32, 64) }.Build(2);
        using var mobile = new MobileNetV3 { WidthMultiplier = 0.1, InputShape = new ImageShape(3, 32, 64) }.Build(2);

        var found = ConvolutionRecorder.Record(network, [3, 32, 64], [2]).Concat(ConvolutionRecorder.Record(mobile, [3, 32, 64], [2]))
            .SelectMany(batch => batch.Value).Select(signature => signature.ToString()).ToList();

        Assert.Contains("3->4 4x4 stride 4x4 padding 0x0 dilation 1x1 groups 1 bias first at 32x64 batch 2", found);
        Assert.Contains("4->4 7x7 stride 1x1 padding 3x3 dilation 1x1 groups 4 bias at 8x16 batch 2", found);
        Assert.Contains("8->16 2x2 stride 2x2 padding 0x0 dilation 1x1 groups 1 bias at 4x8 batch 2", found);
        Assert.Contains("8->8 5x5 stride 2x2 padding 2x2 dilation 1x1 groups 8 at 8x16 batch 2", found);
    }

    [Fact]
    public void Padding_by_name_and_padding_with_other_values_are_resolved()
    {
        using var network = Sequential(
            Conv2d(1, 2, (3, 5), padding: Padding.Same, dilation: (2, 1)), Conv2d(2, 2, 3, padding: Padding.Valid), Conv2d(
                2, 3, 3, padding: 1, padding_mode: PaddingModes.Reflect));

        var found = ConvolutionRecorder.Record(network, [1, 9, 9], [2])[2];

        Assert.Equal([(2, 2), (0, 0), (0, 0)], found.Select(signature => signature.Padding));
        Assert.Equal([(9, 9), (9, 9), (9, 9)], found.Select(signature => signature.Input));
    }

    [Fact]
    public void Convolution_behind_frozen_layers_needs_no_input_gradient()
    {
        using var network = Sequential(Conv2d(3, 4, 3), Conv2d(4, 5, 3), Conv2d(5, 6, 3));
        foreach (var parameter in network.children().First().parameters())
            parameter.requires_grad = false;

        Assert.Equal(
            [false, false, true], ConvolutionRecorder.Record(network, [3, 9, 9], [2])[2].Select(signature => signature.NeedsInputGradient));
    }

    [Fact]
    public void Network_and_random_numbers_stay_as_they_were()
    {
        using var network = Sequential(Conv2d(3, 4, 3), BatchNorm2d(4), Dropout(0.5), Sequential(BatchNorm2d(4)));
        network.train();
        var frozen = network.children().Last();
        frozen.eval();
        var before = Snapshot(network);
        using var generatorBefore = get_rng_state();
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        ConvolutionRecorder.Record(network, [3, 9, 9], [2]);

        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        using var generatorAfter = get_rng_state();
        Assert.Equal(before, Snapshot(network));
        Assert.Equal(generatorBefore.data<byte>().ToArray(), generatorAfter.data<byte>().ToArray());
        Assert.Equal(
            [true, true, true, true, false, false], network.modules().Prepend(network).Distinct().Select(module => module.training));
    }

    [Fact]
    public void Hooks_are_gone_even_if_the_network_throws()
    {
        using var network = Sequential(Conv2d(3, 4, 3), Linear(1, 1));
        Assert.ThrowsAny<Exception>(() => ConvolutionRecorder.Record(network, [3, 9, 9], [2]));
        using var images = zeros(1, 3, 3, 3);

        using var output = network.call(images);

        Assert.Equal([1, 4, 1, 1], output.shape);
    }

    private static float[] Snapshot(Module network) =>
        [.. network.state_dict().Values.SelectMany(tensor => tensor.detach().to(ScalarType.Float32).reshape(-1).data<float>().ToArray())];
}
