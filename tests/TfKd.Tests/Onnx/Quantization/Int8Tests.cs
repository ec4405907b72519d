using Microsoft.ML.OnnxRuntime;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class Int8Tests
{
    // Layers of a network with random weights pass on all of each other's errors, and nothing was trained to bear them.
    private const double MostError = 0.35;

    private static readonly string[] _layers = ["Conv", "Gemm"];

    [Theory]
    [MemberData(nameof(TestNetworks.Indices), MemberType = typeof(TestNetworks))]
    public void Every_network_runs_in_integers(int index)
    {
        using var scope = NewDisposeScope();
        using var network = TestNetworks.BuildTrained(TestNetworks.All[index], 11);
        using var images = CalibrationImages.Of(network.Architecture.InputShape, 32);
        var options = new OnnxExportOptions { InputShape = network.Architecture.InputShape };
        var plain = OnnxExporter.Export(network, options);
        var integers = Export(network, options, images);
        Assert.Null(OnnxContent.TryRead(integers)!.Unbounded());
        var pixels = CalibrationImages.Pixels(images, 16);
        var (expected, actual) = (Score(plain, pixels), Score(integers, pixels));
        Assert.Equal(expected.shape, actual.shape);
        var spread = expected - expected.mean([1], keepdim: true);
        var error = ((actual - expected).square().mean() / spread.square().mean()).sqrt().item<double>();
        Assert.True(error < MostError, $"{network.Architecture}: logits are off by {error} of their spread.");

        // And ONNX Runtime does compute in integers.
        var nodes = OnnxRun.Optimized(integers);
        // Of a batch norm that stands behind no convolution, ONNX Runtime makes a convolution of its own.
        Assert.DoesNotContain(nodes, node => _layers.Contains(node.Operation) && !node.Name.Contains("_bn", StringComparison.Ordinal));
        Assert.Contains(nodes, node => node.Operation is "QLinearConv");
    }

    [Fact]
    public void Sums_and_poolings_of_a_residual_network_are_in_integers()
    {
        using var network = TestNetworks.BuildTrained(new ResNet { InputShape = new ImageShape(3, 64, 64) }, 11);
        using var images = CalibrationImages.Of(network.Architecture.InputShape, 8);
        var options = new OnnxExportOptions { InputShape = network.Architecture.InputShape };
        var operations = OnnxRun.Optimized(Export(network, options, images)).Select(node => node.Operation).Distinct().Order().ToArray();
        // Pixels become numbers, numbers integers, and logits numbers.
        Assert.Subset(
            new HashSet<string>
            {
                "Cast", "Mul", "Add", "QuantizeLinear", "QLinearConv", "MaxPool", "NhwcMaxPool", "QLinearAdd", "QLinearGlobalAveragePool", "Flatten",
                "Transpose", "QGemm",
            },
            operations.ToHashSet());
        Assert.Contains("QLinearAdd", operations);
        Assert.Contains("QGemm", operations);
    }

    [Fact]
    public void A_file_is_about_a_quarter_as_large_and_7_bits_are_no_larger()
    {
        using var network = TestNetworks.BuildTrained(new CifarResNet(), 100);
        using var images = CalibrationImages.Of(network.Architecture.InputShape, 8);
        var options = new OnnxExportOptions { InputShape = network.Architecture.InputShape };
        var (plain, eight) = (OnnxExporter.Export(network, options), Export(network, options, images));
        var seven = Export(network, options with { ReduceRange = true }, images);
        Assert.InRange(eight.Length / (double)plain.Length, 0.25, 0.3);
        Assert.Equal(eight.Length, seven.Length);
        Assert.Equal((127, 63), (Largest(eight), Largest(seven)));

        static int Largest(byte[] model) => OnnxModel.Read(model).Constants.Values.Where(constant => constant.DataType == OnnxDataType.Int8)
            .Max(constant => constant.Data.ToArray().Max(value => Math.Abs((int)(sbyte)value)));
    }

    [Fact]
    public void Padding_and_rectifiers_are_exact_at_zero()
    {
        using var network = TestNetworks.BuildTrained(new CifarResNet { Depth = 8 }, 11);
        using var images = CalibrationImages.Of(network.Architecture.InputShape, 8);
        var model = OnnxModel.Read(Export(network, new OnnxExportOptions { InputShape = network.Architecture.InputShape }, images));
        Assert.DoesNotContain(model.Nodes, node => node.Operation is "Relu" or "BatchNormalization");
        // Where there was a rectifier, the lowest integer is 0: of seven, and of the mean over what the last returns.
        Assert.Equal(8, model.Constants.Count(entry =>
            entry.Key.EndsWith(".zero", StringComparison.Ordinal) && entry.Value.Data.Span[0] == 0));
    }

    [Fact]
    public void The_same_network_and_images_give_the_same_file()
    {
        using var network = TestNetworks.BuildTrained(new SmallCnn(), 11);
        using var images = CalibrationImages.Of(network.Architecture.InputShape, 40);
        var options = new OnnxExportOptions { InputShape = network.Architecture.InputShape };
        network.train();
        Assert.Equal(Export(network, options, images), Export(network, options, images));
        Assert.True(network.training);
        Assert.Equal(40, network.Calibrate(images).ImageCount);
    }

    [Fact]
    public void What_is_missing_or_of_another_network_is_refused()
    {
        using var network = TestNetworks.BuildTrained(new SmallCnn(), 11);
        using var other = TestNetworks.BuildTrained(new CifarResNet { Depth = 8 }, 11);
        using var images = CalibrationImages.Of(network.Architecture.InputShape, 8);
        using var none = new DecodedCache(network.Architecture.InputShape, ["a"]);
        var options = new OnnxExportOptions { InputShape = network.Architecture.InputShape, Weights = OnnxWeights.Int8 };
        Assert.StartsWith(
            "Weights is Int8, but there is no Calibration; expected one that OnnxCalibration.Measure made of the same network.",
            Assert.Throws<ArgumentException>(() => OnnxExporter.Export(network, options)).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "The calibration is of another network: it has ",
            Assert.Throws<ArgumentException>(() =>
                OnnxExporter.Export(network, options with { Calibration = other.Calibrate(images) })).Message,
            StringComparison.Ordinal);
        Assert.Equal(
            "Ranges are measured on calibration images, but there are none.",
            Assert.Throws<InvalidOperationException>(() => network.Calibrate(none)).Message);
        using var empty = nn.Sequential(new Normalize(3), nn.ReLU());
        Assert.Equal(
            "The network has no layer that can be computed in integers: expected convolutions or linear layers, found 0.",
            Assert.Throws<NotSupportedException>(() => OnnxCalibration.Measure(empty, images)).Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(2)]
    public void What_is_put_around_a_map_is_in_its_range(double value)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        var shape = new ImageShape(3, 12, 12);
        using var network = new FactoryNetwork("padded", classCount => nn.Sequential(
            ("first", nn.Conv2d(3, 8, 3)), ("relu", nn.ReLU()), ("pad", nn.ConstantPad2d(2, value)), ("second", nn.Conv2d(8, 8, 3)),
            ("flatten", nn.Flatten()), ("fc", nn.Linear(8 * 12 * 12, classCount))), shape).Build(4);
        using var images = CalibrationImages.Of(shape, 32);
        network.Normalization.Set(ChannelStatistics.Of(images));
        var options = new OnnxExportOptions { InputShape = shape };
        var pixels = CalibrationImages.Pixels(images, 16);
        var (expected, actual) = (Score(OnnxExporter.Export(network, options), pixels), Score(Export(network, options, images), pixels));
        var spread = expected - expected.mean([0], keepdim: true);
        var error = ((actual - expected).square().mean() / spread.square().mean()).sqrt().item<double>();
        Assert.True(error < 0.1, $"logits are off by {error} of their spread.");
    }

    private static byte[] Export(ImageNetwork network, OnnxExportOptions options, IImageSource images) =>
        OnnxExporter.Export(network, options with { Weights = OnnxWeights.Int8, Calibration = network.Calibrate(images) });

    private static Tensor Score(byte[] model, Tensor images)
    {
        using var session = OnnxRun.Open(model);
        return OnnxRun.Score(session, images);
    }
}
