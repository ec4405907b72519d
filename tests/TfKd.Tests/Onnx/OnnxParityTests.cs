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
        { "leakyRelu", () => Normed(nn.LeakyReLU(0.1)) },
        { "leakyReluInPlace", () => Normed(nn.LeakyReLU(0.1, inplace: true)) },
        { "elu", () => Normed(nn.ELU(0.7)) },
        { "celu", () => Normed(nn.CELU(0.7)) },
        { "selu", () => Normed(nn.SELU()) },
        { "mish", () => Normed(nn.Mish()) },
        { "hardtanhInPlace", () => Normed(nn.Hardtanh(-0.5, 0.75, inplace: true)) },
        { "tanh", () => Normed(nn.Tanh()) },
        { "softsign", () => Normed(nn.Softsign()) },
        { "tanhshrink", () => Normed(nn.Tanhshrink()) },
        { "hardshrink", () => Normed(nn.Hardshrink(0.4)) },
        { "softshrink", () => Normed(nn.Softshrink(0.4)) },
        { "softplus", () => Normed(nn.Softplus()) },
        { "softplusOfBeta", () => Normed(nn.Softplus(2)) },
        { "softplusOfPixels", () => nn.Softplus() },
        { "logSigmoid", () => Normed(nn.LogSigmoid()) },
        { "logSoftmax", () => Normed(nn.LogSoftmax(1)) },
        { "softmax2d", () => Normed(nn.Softmax2d()) },
        { "softmin", () => Normed(nn.Softmin(1)) },
        { "threshold", () => Normed(nn.Threshold(0.3, -2)) },
        { "prelu", () => Normed(nn.PReLU(4, 0.3)) },
        { "preluOfOneSlope", () => Normed(nn.PReLU(1)) },
        { "glu", () => Normed(nn.GLU(1)) },
        { "groupNorm", () => Weighted(nn.GroupNorm(2, 4, 0.1)) },
        { "groupNormWithoutWeights", () => nn.GroupNorm(2, 4, affine: false) },
        { "instanceNorm", () => nn.InstanceNorm2d(4) },
        { "instanceNormWithWeights", () => nn.InstanceNorm2d(4, affine: true) },
        { "instanceNormWithStatistics", () => nn.InstanceNorm2d(4, track_running_stats: true) },
        { "batchNormWithoutWeights", () => nn.BatchNorm2d(4, affine: false) },
        { "batchNormOfRows", () => nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.BatchNorm1d(4)) },
        { "localResponseNorm", () => Normed(nn.LocalResponseNorm(3, 0.5, 0.75, 1.5)) },
        { "adaptiveMax1", () => nn.AdaptiveMaxPool2d([1L, 1L]) },
        { "adaptiveMaxDivides", () => nn.AdaptiveMaxPool2d([11L, 1L]) },
        { "lpPool", () => Normed(nn.LPPool2d(2, 3, 2)) },
        { "convReflect", () => nn.Conv2d(4, 6, 3, padding: 1, padding_mode: PaddingModes.Reflect) },
        { "convReplicate", () => nn.Conv2d(4, 6, 3, padding: 1, padding_mode: PaddingModes.Replicate) },
        { "convTranspose", () => nn.ConvTranspose2d(4, 6, 3, 2, 1, 1) },
        { "convTransposeGrouped", () => nn.ConvTranspose2d(4, 6, 3, groups: 2, bias: false, dilation: 2) },
        { "zeroPad", () => nn.ZeroPad2d((1, 2, 3, 4)) },
        { "zeroPadOfOneNumber", () => nn.ZeroPad2d(2) },
        { "constantPad", () => nn.ConstantPad2d((1, 2, 0, 1), 7) },
        { "reflectionPad", () => nn.ReflectionPad2d((1, 2, 0, 1)) },
        { "replicationPad", () => nn.ReplicationPad2d((1, 2, 0, 1)) },
        { "pixelShuffle", () => nn.PixelShuffle(2) },
        { "pixelUnshuffle", () => nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.PixelUnshuffle(2)) },
        { "torchChannelShuffle", () => nn.ChannelShuffle(2) },
        { "unflatten", () => nn.Unflatten(1, [2L, 2L]) },
        { "flattenOfSome", () => nn.Flatten(2, 3) },
        { "upsampleNearest", () => nn.Upsample(scale_factor: [2, 2]) },
        { "upsampleToLess", () => nn.Upsample(scale_factor: [0.5, 0.5], mode: UpsampleMode.Bilinear, align_corners: false) },
        { "upsampleBilinear", () => nn.Upsample([17L, 29L], mode: UpsampleMode.Bilinear, align_corners: false) },
        { "upsampleAligned", () => nn.Upsample([17L, 29L], mode: UpsampleMode.Bilinear, align_corners: true) },
        { "upsampleBicubic", () => nn.Upsample([17L, 29L], mode: UpsampleMode.Bicubic, align_corners: false) },
        { "dropout2d", () => nn.Sequential(nn.Dropout2d(0.5), nn.AlphaDropout(0.5), nn.FeatureAlphaDropout(0.5), nn.Conv2d(4, 2, 1)) },
        { "selfAttentionOfOneHead", () => Normed(nn.Sequential(new MapToTokens(), new SelfAttention(4, 1, 0.5))) },
    };

    private static nn.Module<Tensor, Tensor> PoolAndAgain(nn.Module<Tensor, Tensor> pool) => nn.Sequential(pool, nn.MaxPool2d(2), pool);

    // Pixels are far beyond the curved part of an activation.
    private static nn.Module<Tensor, Tensor> Normed(nn.Module<Tensor, Tensor> layer) => nn.Sequential(new LayerNorm2d(4), layer);

    // TorchSharp leaves them as the memory was.
    private static GroupNorm Weighted(GroupNorm norm)
    {
        using var noGrad = no_grad();
        norm.weight.copy_(tensor([0.5f, -1, 2, 1.5f]));
        norm.bias!.copy_(tensor([0.1f, 0.2f, -0.3f, 0]));
        return norm;
    }

    private static nn.Module<Tensor, Tensor> Twice(nn.Module<Tensor, Tensor> layer) => nn.Sequential(layer, layer);
}
