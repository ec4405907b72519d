using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace TfKd.Tests;

/// <summary>Linear layers and convolutions that a forward calls as functions, with parameters of its module and of its layers.</summary>
public sealed class FunctionalProductTests
{
    private const int Channels = 8;

    private static readonly ImageShape _shape = new(3, 13, 11);

    public static TheoryData<string, Func<Tensor, Producing, Tensor>> Products => new()
    {
        { "convolution", (x, p) => conv2d(x, p.Kernel) },
        { "convolutionWithBias", (x, p) => conv2d(x, p.Kernel, p.Bias) },
        { "convolutionWithPadding", (x, p) => conv2d(x, p.Kernel, p.Bias, padding: [1, 1]) },
        { "convolutionWithOtherPadding", (x, p) => conv2d(x, p.Kernel, p.Bias, padding: [2, 0]) },
        { "convolutionWithStride", (x, p) => conv2d(x, p.Kernel, p.Bias, strides: [2, 2], padding: [1, 1]) },
        { "convolutionWithLargeStride", (x, p) => conv2d(x, p.Kernel, strides: [3, 3]) },
        { "convolutionWithDilation", (x, p) => conv2d(x, p.Kernel, p.Bias, padding: [2, 2], dilation: [2, 2]) },
        { "convolutionOfPatches", (x, p) => conv2d(x, p.Patches, strides: [5, 5]) },
        { "convolutionOfRows", (x, p) => conv2d(x, p.Line, padding: [0, 3]) },
        { "convolutionOfPoints", (x, p) => conv2d(x, p.Points, p.Bias, strides: [2, 2]) },
        { "depthwise", (x, p) => conv2d(x, p.Depthwise, p.Bias, padding: [1, 1], groups: Channels) },
        { "grouped", (x, p) => conv2d(x, p.Grouped, padding: [1, 1], groups: 2) },
        { "convolutionsInARow", (x, p) => conv2d(relu(conv2d(x, p.Kernel, p.Bias, padding: [1, 1])), p.Grouped, groups: 2) },
        { "standardised", (x, p) => conv2d(x, Standardised(p.Kernel), p.Bias) },
        { "linear", (x, p) => linear(x.mean([2L, 3L]), p.Weight, p.OtherBias) },
        { "linearWithoutBias", (x, p) => linear(x.mean([2L, 3L]), p.Weight) },
        { "linearOfTokens", (x, p) => linear(x.flatten(2).transpose(1, 2), p.Weight, p.OtherBias) },
        { "linearOfTokensWithoutBias", (x, p) => linear(x.flatten(2).transpose(1, 2), p.Weight) },
        { "perceptron", (x, p) => linear(relu(linear(x.mean([2L, 3L]), p.Weight, p.OtherBias)), p.Back, p.Bias) },
        { "weightOfALayer", (x, p) => conv2d(x, p.Layer.weight!, p.Layer.bias!, padding: [1, 1]) },
        { "weightOfACalledLayer", (x, p) => conv2d(p.Layer.call(x), p.Layer.weight!) },
        { "layerInvokedByForward", (x, p) => p.Layer.forward(x) },
        { "weightOfALinearLayer", (x, p) => linear(x.mean([2L, 3L]), p.Head.weight!, p.Head.bias) },
        { "weightOfANorm", (x, p) => conv2d(p.Norm.call(x), p.Kernel, p.Norm.weight) },
        { "weightOfANormThatIsCalledThen", (x, p) => p.Norm.call(conv2d(x, p.Kernel, p.Norm.weight)) },
        { "weightOfACalledLinearLayer", (x, p) => linear(relu(p.Head.call(x.mean([2L, 3L]))), p.Head.weight!.t()) },
    };

    [Theory]
    [MemberData(nameof(Products), DisableDiscoveryEnumeration = true)]
    public void A_product_between_layers_exports(string name, Func<Tensor, Producing, Tensor> product)
    {
        random.manual_seed(11);
        using var module = new Producing(product);
        OnnxRun.AssertParity(module, _shape, 1e-5);
        Assert.NotEmpty(name);
    }

    /// <summary>What is made between is disposed before anything is read.</summary>
    [Fact]
    public void A_product_is_found_in_a_scope_of_the_forward()
    {
        random.manual_seed(11);
        using var module = new Producing((x, p) =>
        {
            using var scope = NewDisposeScope();
            return conv2d(relu(x), p.Kernel, p.Bias, padding: [1, 1]).MoveToOuterDisposeScope();
        });
        OnnxRun.AssertParity(module, _shape, 1e-5);
    }

    [Fact]
    public void A_weight_that_a_layer_has_too_is_once_in_the_file()
    {
        random.manual_seed(11);
        using var module = new Producing((x, p) => conv2d(relu(p.Layer.call(x)), p.Layer.weight!, padding: [1, 1]));
        var nodes = OnnxModel.Read(Export(module)).Nodes.Where(node => node.Operation == "Conv").ToList();
        Assert.Equal(3, nodes.Count);
        Assert.Equal(nodes[1].Inputs[1], nodes[2].Inputs[1]);
    }

    [Fact]
    public void A_weight_that_depends_on_the_images_is_refused()
    {
        random.manual_seed(11);
        using var module = new Producing((x, p) => conv2d(x, p.Kernel * x.mean()));
        Assert.Contains(
            LeafTracer.Advice, Assert.Throws<NotSupportedException>(() => Export(module)).Message, StringComparison.Ordinal);
    }

    /// <summary>Their results have no measured range, and stay in floating point; the layers around them do not.</summary>
    [Theory]
    [InlineData(OnnxWeights.Int8)]
    [InlineData(OnnxWeights.Float16)]
    public void A_network_with_products_exports_in_small_numbers(OnnxWeights weights)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        random.manual_seed(11);
        using var network = new FactoryNetwork("products", _ => new Producing((x, p) =>
            linear(relu(conv2d(relu(p.Layer.call(x)), p.Kernel, p.Bias)).mean([2L, 3L]), p.Weight, p.OtherBias)), _shape).Build(5);
        using var images = CalibrationImages.Of(_shape, 32);
        var options = new OnnxExportOptions { InputShape = _shape };
        using var plain = OnnxRun.Open(OnnxExporter.Export(network, options));
        var model = OnnxExporter.Export(network, options with { Weights = weights, Calibration = network.Calibrate(images) });
        using var other = OnnxRun.Open(model);
        var pixels = CalibrationImages.Pixels(images, 16);
        var (expected, found) = (OnnxRun.Score(plain, pixels), OnnxRun.Score(other, pixels));
        Assert.InRange((expected - found).abs().max().item<double>(), 1e-9, 0.1 * expected.abs().max().item<double>());
        Assert.Equal(weights == OnnxWeights.Int8, OnnxRun.Optimized(model).Any(node => node.Operation == "QLinearConv"));
    }

    private static byte[] Export(nn.Module<Tensor, Tensor> module) =>
        OnnxExporter.Export(module, new OnnxExportOptions { InputShape = _shape, InputType = ScalarType.Float32 });

    private static Tensor Standardised(Tensor kernel)
    {
        var mean = kernel.mean([1L, 2L, 3L], true);
        return (kernel - mean) / ((kernel - mean).square().mean([1L, 2L, 3L], true) + 1e-5).sqrt();
    }

    /// <summary>A convolution, and what is done with its result.</summary>
    public sealed class Producing : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d conv = nn.Conv2d(3, Channels, 3, padding: 1);
        private readonly Conv2d layer = nn.Conv2d(Channels, Channels, 3, padding: 1);
        private readonly GroupNorm norm = nn.GroupNorm(2, Channels);
        private readonly Linear head = nn.Linear(Channels, 5);
        private readonly Parameter kernel = new(randn(Channels, Channels, 3, 3) / 9);
        private readonly Parameter patches = new(randn(6, Channels, 5, 5) / 15);
        private readonly Parameter line = new(randn(6, Channels, 1, 7) / 7);
        private readonly Parameter points = new(randn(Channels, Channels, 1, 1) / 3);
        private readonly Parameter depthwise = new(randn(Channels, 1, 3, 3) / 3);
        private readonly Parameter grouped = new(randn(6, Channels / 2, 3, 3) / 6);
        private readonly Parameter weight = new(randn(5, Channels) / 3);
        private readonly Parameter back = new(randn(Channels, 5) / 3);
        private readonly Parameter bias = new(randn(Channels));
        private readonly Parameter otherBias = new(randn(5));
        private readonly Identity last = nn.Identity();
        private readonly Func<Tensor, Producing, Tensor> _product;

        public Producing(Func<Tensor, Producing, Tensor> product) : base(nameof(Producing))
        {
            _product = product;
            RegisterComponents();
            using var noGrad = no_grad();
            conv.weight!.mul_(0.02);
            norm.weight!.copy_(randn(Channels));
        }

        public Conv2d Layer => layer;

        public GroupNorm Norm => norm;

        public Linear Head => head;

        public Tensor Kernel => kernel;

        public Tensor Patches => patches;

        public Tensor Line => line;

        public Tensor Points => points;

        public Tensor Depthwise => depthwise;

        public Tensor Grouped => grouped;

        public Tensor Weight => weight;

        public Tensor Back => back;

        public Tensor Bias => bias;

        public Tensor OtherBias => otherBias;

        public override Tensor forward(Tensor input) => last.call(_product(conv.call(input), this));
    }
}
