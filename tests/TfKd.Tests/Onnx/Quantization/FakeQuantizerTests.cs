using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>A network that computes as if in integers answers as its export in integers does.</summary>
public sealed class FakeQuantizerTests
{
    // The file rounds biases, too, to 32 bits, and adds up in another order: a value on the border between two integers then becomes the
    // other one, now and then, and layers with random weights pass that on, as they do what integers change in the first place.
    private const double MostError = 1.5;
    private const double MostErrorOfFew = 0.1;

    /// <summary>One network of each way to join layers: all of them would take minutes.</summary>
    public static TheoryData<int> Networks => [.. new[]
    {
        typeof(CifarResNet), typeof(SqueezeNet), typeof(WideResNet), typeof(MobileNetV2), typeof(EfficientNet), typeof(ConvNeXt),
        typeof(VisionTransformer),
    }.Select(type => Array.FindLastIndex(TestNetworks.All, network => network.GetType() == type))];

    [Theory]
    [MemberData(nameof(Networks))]
    public void A_network_is_rounded_where_its_export_is(int index)
    {
        using var scope = NewDisposeScope();
        using var network = TestNetworks.BuildTrained(TestNetworks.All[index], 11);
        using var images = CalibrationImages.Of(network.Architecture.InputShape, 16);
        var emitters = network.Architecture.GetOnnxEmitters();
        var (error, lost) = Compare(network, images, emitters);
        Assert.True(error <= MostError * lost, $"{network.Architecture}: off by {error}, where integers change logits by {lost}.");
        var trace = IntegerTrace.Of(network, images.Shape, emitters, out var plan);
        var places = new IntegerPlaces(trace.Graph, plan);
        var rounded = Enumerable.Range(0, trace.Calls.Count).SelectMany(place =>
            (places.ReadsOf(place)?.Values ?? []).Append(places.ResultOf(place))).OfType<string>().ToHashSet();
        Assert.Equal(plan.Roots.Order(), rounded.Order());
    }

    [Fact]
    public void A_few_layers_answer_as_their_export()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        using var module = new Few();
        using var images = CalibrationImages.Of(new ImageShape(3, 12, 12), 32);
        var (error, lost) = Compare(module, images, []);
        Assert.InRange(error / lost, 0, MostErrorOfFew);
    }

    [Fact]
    public void Weights_are_the_integers_and_the_scales_of_the_file()
    {
        using var scope = NewDisposeScope();
        using var network = TestNetworks.BuildTrained(new CifarResNet { Depth = 8 }, 11);
        using var images = CalibrationImages.Of(network.Architecture.InputShape, 8);
        using var quantizer = Quantizer(network, images, []);
        var constants = OnnxModel.Read(Export(network, images.Shape, quantizer.Calibration!, [])).Constants;
        var own = network.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter.detach().clone());
        using var rounding = quantizer.Use();
        var layers = 0;
        foreach (var (name, parameter) in network.named_parameters().Where(entry => entry.parameter.dim() > 1))
        {
            var key = constants.Keys.Single(other => other.StartsWith(name, StringComparison.Ordinal) && other.EndsWith(".quantized"));
            var stored = constants[key].Data.ToArray().Select(value => (double)(sbyte)value).ToArray();
            var scales = own[name].flatten(1).abs().amax([1], keepdim: true) / ChannelWeights.Limit;
            // A norm's factor may be negative, and then all weights of its channel are.
            var found = (parameter.flatten(1) / scales).round().abs().flatten().to(ScalarType.Float64).data<double>().ToArray();
            Assert.Equal(Array.ConvertAll(stored, Math.Abs), found);
            Assert.NotEqual(own[name], parameter);
            layers++;
        }

        Assert.Equal(10, layers);
    }

    [Theory]
    [InlineData(ChannelWeights.Limit)]
    [InlineData(ChannelWeights.ReducedLimit)]
    public void Weights_are_rounded_by_the_law_of_the_file(int limit)
    {
        using var scope = NewDisposeScope();
        var values = Enumerable.Range(0, 60).Select(i => (float)Math.Sin(i * i) * (i < 20 ? 1e-3f : 2)).ToArray();
        values.AsSpan(40).Clear();
        var expected = ChannelWeights.Of(values, new double[3], isLast: false, limit);
        var found = FakeQuantizer.Round(tensor(values, [3, 5, 2, 2]), limit).data<float>().ToArray();
        Assert.Equal(expected.Values.Select((value, i) => value * expected.Scales[i / 20]), found);
    }

    [Fact]
    public void Values_are_rounded_and_the_gradient_is_0_beyond_the_range()
    {
        using var scope = NewDisposeScope();
        var range = ActivationRange.Of(-1, 3);
        var (scale, zero) = (range.Scale, range.ZeroPoint);
        var values = tensor(new[] { -5f, -1.004f, -0.5f, 0, 0.007f, 0.009f, 2.99f, 3.1f }).requires_grad_();
        var rounded = FakeQuantizer.Round(values, range);
        var expected = values.data<float>().ToArray().Select(value =>
            (Math.Clamp(Math.Round(value / scale) + zero, 0, 255) - zero) * scale).ToArray();
        Assert.All(expected.Zip(rounded.data<float>().ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        (rounded * tensor(new[] { 1f, 2, 3, 4, 5, 6, 7, 8 })).sum().backward();
        Assert.Equal([0, 0, 3, 4, 5, 6, 7, 0], values.grad!.data<float>().ToArray());
    }

    [Fact]
    public void What_floating_point_computes_is_read_as_it_is_by_what_floating_point_computes()
    {
        using var module = new Few();
        var trace = IntegerTrace.Of(module, new ImageShape(3, 12, 12), [], out var plan);
        var places = new IntegerPlaces(trace.Graph, plan);
        var all = Enumerable.Range(0, trace.Calls.Count).ToList();
        string[] read = [.. all.Where(place => places.ReadsOf(place) is not null).Select(place => trace.Calls[place].Path)];
        string[] returned = [.. all.Where(place => places.ResultOf(place) is not null).Select(place => trace.Calls[place].Path)];
        // The activation goes through a layer in integers, and is multiplied in floating point.
        Assert.Equal(["squeeze"], read);
        Assert.Equal(["normalize", "relu", "bn2", "add", "squeeze", "multiply"], returned);
        Assert.Equal(["conv1.weight", "conv2.weight", "fc.weight", "squeeze.weight"], places.Weights);
    }

    [Fact]
    public void Nothing_is_left_behind_a_pass()
    {
        using var module = new Few();
        using var images = CalibrationImages.Of(new ImageShape(3, 12, 12), 8);
        using var quantizer = Quantizer(module, images, []);
        var pixels = CalibrationImages.Pixels(images, 2);
        var before = LiveTensors.Settle();
        using (quantizer.Use())
        {
            using var scope = NewDisposeScope();
            module.call(pixels).sum().backward();
            module.zero_grad();
        }

        Assert.Equal(before, LiveTensors.Settle());
        pixels.Dispose();
    }

    // Its matrices have the size of a layer's, and are none of a layer.
    [Fact]
    public void An_interpolation_stays_in_floating_point()
    {
        using var noGradient = no_grad();
        var shape = new ImageShape(3, 24, 24);
        using var network = new FactoryNetwork("enlarges", count => nn.Sequential(
            nn.Conv2d(3, 4, 3, padding: 1), nn.Upsample(scale_factor: [2, 2]), nn.AdaptiveAvgPool2d([17L, 17L]), nn.Conv2d(4, 4, 3),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, count)), shape).Build(3);
        var graph = IntegerTrace.Of(network, shape, [], out var plan).Graph;
        Assert.Equal(["body.0.weight", "body.3.weight", "body.6.weight"], new IntegerPlaces(graph, plan).Weights);
        new FakeQuantizer(network, shape, ChannelWeights.Limit, []).Dispose();
    }

    [Fact]
    public void Weights_that_are_no_parameter_are_refused()
    {
        using var module = nn.Sequential(("normalize", new Normalize(3)), ("double", new Doubled()));
        Assert.Equal(
            "'double.twice' is no parameter of the network, so that what makes it cannot be trained with FakeQuantization: expected an "
            + "emitter that writes the weights of integer layers by their parameters' names.",
            Assert.Throws<NotSupportedException>(() =>
                new FakeQuantizer(module, new ImageShape(3, 8, 8), ChannelWeights.Limit, [new DoubledEmitter()])).Message);
    }

    private static (double Error, double Lost) Compare(
        nn.Module<Tensor, Tensor> module, DecodedCache images, IReadOnlyList<OnnxEmitter> emitters)
    {
        using var quantizer = Quantizer(module, images, emitters);
        var pixels = CalibrationImages.Pixels(images, 8);
        var plain = Answer(module, pixels);
        Tensor rounded;
        using (quantizer.Use())
            rounded = Answer(module, pixels);
        using var session = OnnxRun.Open(Export(module, images.Shape, quantizer.Calibration!, emitters));
        var integers = OnnxRun.Score(session, pixels);
        // And it is as it was.
        Assert.Equal(0, Distance(plain, Answer(module, pixels)));
        return (Distance(rounded, integers), Distance(plain, integers));
    }

    private static FakeQuantizer Quantizer(
        nn.Module<Tensor, Tensor> module, DecodedCache images, IReadOnlyList<OnnxEmitter> emitters) =>
        new(module, images.Shape, ChannelWeights.Limit, emitters)
        {
            Calibration = OnnxCalibration.Measure(module, images, emitters: emitters),
        };

    private static byte[] Export(
        nn.Module<Tensor, Tensor> module, ImageShape shape, OnnxCalibration calibration, IReadOnlyList<OnnxEmitter> emitters) =>
        OnnxExporter.Export(
            module, new OnnxExportOptions { InputShape = shape, Weights = OnnxWeights.Int8, Calibration = calibration }, emitters);

    private static double Distance(Tensor first, Tensor second) => (first - second).square().mean().sqrt().item<double>();

    // Libtorch's own kernels are right on every processor.
    private static Tensor Answer(nn.Module<Tensor, Tensor> module, Tensor pixels)
    {
        using var noGradient = no_grad();
        using var kernels = (OneDnn.CanSwitch ? ComputePath.Trusted : ComputePath.Default).Enter();
        module.eval();
        return module.call(pixels).to(ScalarType.Float64);
    }

    /// <summary>A sum, and an activation in floating point that is read in integers and in floating point.</summary>
    private sealed class Few : nn.Module<Tensor, Tensor>
    {
        private readonly Normalize normalize = new(3);
        private readonly TorchSharp.Modules.Conv2d conv1 = nn.Conv2d(3, 8, 3, padding: 1);
        private readonly TorchSharp.Modules.BatchNorm2d bn1 = nn.BatchNorm2d(8);
        private readonly TorchSharp.Modules.ReLU relu = nn.ReLU();
        private readonly TorchSharp.Modules.Conv2d conv2 = nn.Conv2d(8, 8, 3, padding: 1, groups: 8, bias: false);
        private readonly TorchSharp.Modules.BatchNorm2d bn2 = nn.BatchNorm2d(8);
        private readonly Add add = new();
        private readonly TorchSharp.Modules.Hardswish swish = nn.Hardswish();
        private readonly TorchSharp.Modules.Conv2d squeeze = nn.Conv2d(8, 8, 1);
        private readonly TorchSharp.Modules.Sigmoid gate = nn.Sigmoid();
        private readonly Multiply multiply = new();
        private readonly TorchSharp.Modules.Flatten flatten = nn.Flatten();
        private readonly TorchSharp.Modules.Linear fc = nn.Linear(8 * 12 * 12, 5);

        public Few() : base(nameof(Few))
        {
            RegisterComponents();
            using var noGradient = no_grad();
            normalize.Set(new ChannelStatistics([0.507, 0.4865, 0.4409], [0.2673, 0.2564, 0.2761]));
            foreach (var norm in new[] { bn1, bn2 })
            {
                norm.weight!.uniform_(-1, 1.5);
                norm.running_mean!.normal_(0, 0.2);
                norm.running_var!.uniform_(0.5, 1.5);
            }
        }

        public override Tensor forward(Tensor input)
        {
            var x = relu.call(bn1.call(conv1.call(normalize.call(input))));
            x = swish.call(add.call(x, bn2.call(conv2.call(x))));
            x = multiply.call(x, gate.call(squeeze.call(x)));
            return fc.call(flatten.call(x));
        }
    }

    private sealed class Doubled : nn.Module<Tensor, Tensor>
    {
        private readonly TorchSharp.Modules.Parameter weight = new(ones(4, 3, 1, 1));

        public Doubled() : base(nameof(Doubled)) => RegisterComponents();

        public Tensor Twice => weight * 2;

        public override Tensor forward(Tensor input) => nn.functional.conv2d(input, Twice);
    }

    private sealed class DoubledEmitter : OnnxEmitter<Doubled>
    {
        protected override string Emit(Doubled layer, OnnxLeaf leaf)
        {
            using var twice = layer.Twice;
            return leaf.Node("Conv", [leaf.Input.Name, leaf.Weights("twice", twice)]);
        }
    }
}
