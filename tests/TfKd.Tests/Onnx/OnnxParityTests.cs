using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class OnnxParityTests
{
    // Rounding in float32 alone makes 1e-5 in networks whose signals are larger inside than at the end; a wrong kernel makes 0.01 and more.
    private const double NetworkTolerance = 5e-5;

    [Theory]
    [MemberData(nameof(TestNetworks.Indices), MemberType = typeof(TestNetworks))]
    public void Exported_network_scores_as_Torch_does(int index)
    {
        using var network = TestNetworks.BuildTrained(TestNetworks.All[index], 11);
        OnnxRun.AssertParity(network, network.Architecture.InputShape, NetworkTolerance);
    }

    [Theory]
    [MemberData(nameof(TestNetworks.Indices), MemberType = typeof(TestNetworks))]
    public void Exported_network_scores_as_Torch_does_on_the_path_that_the_check_chooses(int index)
    {
        int[] batches = [1, 2, 33];
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var network = TestNetworks.BuildTrained(TestNetworks.All[index], 11);
        var shape = network.Architecture.InputShape;
        using var session = OnnxRun.Open(OnnxExporter.Export(network, new OnnxExportOptions { InputShape = shape }));
        var path = network.CheckKernels(shape, batches)?.Path ?? ComputePath.Default;
        path.Prepare(network);
        using var kernels = path.Enter();
        foreach (var batch in batches)
        {
            var images = TestNetworks.Pixels(batch, shape);
            var (expected, actual) = (network.call(path.Arrange(images)).to(ScalarType.Float64), OnnxRun.Score(session, images));
            Assert.Equal(expected.shape, actual.shape);
            var scale = Math.Max(1, expected.abs().max().item<double>());
            Assert.InRange((expected - actual).abs().max().item<double>() / scale, 0, NetworkTolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Layers), DisableDiscoveryEnumeration = true)]
    public void Exported_layer_computes_what_Torch_does(string name, Func<nn.Module<Tensor, Tensor>> build)
    {
        random.manual_seed(11);
        using var layers = nn.Sequential((name, build()));
        OnnxRun.AssertParity(layers, new ImageShape(4, 11, 13), 1e-5);
    }

    public static TheoryData<string, Func<nn.Module<Tensor, Tensor>>> Layers => new()
    {
        { "conv", () => nn.Conv2d(4, 6, (3, 5), (2, 1), (1, 2)) },
        { "convGroupedDilated", () => nn.Conv2d(4, 8, 3, 1, 2, dilation: 2, groups: 2, bias: false) },
        { "convSame", () => nn.Conv2d(4, 6, 4, Padding.Same, dilation: 3) },
        { "convValid", () => nn.Conv2d(4, 6, 3, Padding.Valid) },
        { "maxPool", () => nn.MaxPool2d(3, 2, 1) },
        { "maxPoolCeil", () => nn.MaxPool2d(3, 2, ceil_mode: true) },
        { "maxPoolCeilPadded", () => nn.MaxPool2d(2, 2, 1, ceil_mode: true) },
        { "maxPoolDilated", () => nn.MaxPool2d(3, 2, 1, 2) },
        { "maxPoolOneNumber", () => nn.MaxPool2d([3L]) },
        { "avgPool", () => nn.AvgPool2d(3, 2, 1) },
        { "avgPoolWithoutPadding", () => nn.AvgPool2d(3, 2, 1, count_include_pad: false) },
        { "avgPoolCeil", () => nn.AvgPool2d(2, 2, ceil_mode: true) },
        { "avgPoolCeilWithoutPadding", () => nn.AvgPool2d(4, 3, 1, ceil_mode: true, count_include_pad: false) },
        { "adaptive1", () => nn.AdaptiveAvgPool2d(1) },
        { "adaptiveDivides", () => nn.AdaptiveAvgPool2d((11, 1)) },
        { "adaptiveOverlaps", () => nn.AdaptiveAvgPool2d((3, 5)) },
        { "adaptiveGrows", () => nn.AdaptiveAvgPool2d((25, 7)) },
        { "adaptiveOfTwoSizes", () => PoolAndAgain(nn.AdaptiveAvgPool2d(7)) },
        { "relu6", () => nn.Sequential(nn.Conv2d(4, 6, 3), nn.ReLU6()) },
        { "relu6InPlace", () => nn.Sequential(nn.Conv2d(4, 6, 3), nn.ReLU6(inplace: true)) },
        { "dropout", () => nn.Sequential(nn.Dropout(0.5), nn.Conv2d(4, 2, 1)) },
        { "identity", () => nn.Sequential(nn.Conv2d(4, 2, 1), nn.Identity()) },
        { "softmaxOverChannels", () => nn.Softmax(1) },
        { "classifier", () => nn.Sequential(nn.Flatten(), nn.Linear(4 * 11 * 13, 5, hasBias: false), nn.Softmax(-1)) },
        { "concat", () => new Fork(new Concat()) },
        { "channelSplit", () => nn.Sequential(nn.Conv2d(4, 6, 1), new ChannelSplit(2, 3)) },
        { "channelSplitOfPixels", () => new ChannelSplit(0) },
        { "channelShuffle", () => nn.Sequential(nn.Conv2d(4, 6, 1), new ChannelShuffle(3)) },
        { "channelShuffleOfPixels", () => new ChannelShuffle(2) },
        { "layerCalledTwice", () => Twice(nn.Conv2d(4, 4, 3, padding: 1)) },
        { "hardswish", () => Normed(nn.Hardswish()) },
        { "hardswishInPlace", () => Normed(nn.Hardswish(inplace: true)) },
        { "hardsigmoid", () => Normed(nn.Hardsigmoid()) },
        { "hardsigmoidInPlace", () => Normed(nn.Hardsigmoid(inplace: true)) },
        { "sigmoid", () => Normed(nn.Sigmoid()) },
        { "sigmoidInPlace", () => Normed(nn.Sigmoid(inplace: true)) },
        { "silu", () => Normed(nn.SiLU()) },
        { "siluInPlace", () => Normed(nn.SiLU(inplace: true)) },
        { "gelu", () => Normed(nn.GELU()) },
        { "geluInPlace", () => Normed(nn.GELU(inplace: true)) },
        { "geluByTanh", () => Normed(nn.GELU(GELU.Approximate.tanh)) },
        { "layerNorm", () => nn.LayerNorm(13, 0.1) },
        { "layerNormOfTwoDimensions", () => nn.LayerNorm([11, 13]) },
        { "layerNormWithoutWeights", () => nn.LayerNorm(13, elementwise_affine: false) },
        { "layerNormWithoutBias", () => nn.LayerNorm(13, bias: false) },
        { "layerNorm2d", () => new LayerNorm2d(4, 0.1) },
        { "linearOfMap", () => nn.Linear(13, 5) },
        { "linearOfMapWithoutBias", () => nn.Linear(13, 5, hasBias: false) },
        { "linearOfMapCalledTwice", () => Twice(nn.Linear(13, 13)) },
        { "permute", () => new Permute(0, 3, 1, 2) },
        { "rootNormalize", () => nn.Sequential(nn.Conv2d(4, 9, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), new RootNormalize()) },
        { "stochasticDepth", () => nn.Sequential(new StochasticDepth(0.5), nn.Conv2d(4, 2, 1)) },
        { "squeezeExcitation", () => Normed(new SqueezeExcitation(4, 2, nn.ReLU(inplace: true), nn.Hardsigmoid())) },
        { "tokens", () => new MapToTokens() },
        { "firstToken", () => nn.Sequential(new MapToTokens(), new FirstToken()) },
        { "selfAttention", () => Normed(nn.Sequential(new MapToTokens(), new SelfAttention(4, 2))) },
        { "selfAttentionOfOneHead", () => Normed(nn.Sequential(new MapToTokens(), new SelfAttention(4, 1, 0.5))) },
    };

    private static nn.Module<Tensor, Tensor> PoolAndAgain(nn.Module<Tensor, Tensor> pool) => nn.Sequential(pool, nn.MaxPool2d(2), pool);

    // Pixels are far beyond the curved part of an activation.
    private static nn.Module<Tensor, Tensor> Normed(nn.Module<Tensor, Tensor> layer) => nn.Sequential(new LayerNorm2d(4), layer);

    private static nn.Module<Tensor, Tensor> Twice(nn.Module<Tensor, Tensor> layer) => nn.Sequential(layer, layer);
}
