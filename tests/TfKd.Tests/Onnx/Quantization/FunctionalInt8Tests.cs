using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace TfKd.Tests;

/// <summary>Networks that call functions between their layers, in integers.</summary>
public sealed class FunctionalInt8Tests
{
    private static readonly ImageShape _shape = new(3, 16, 16);

    /// <summary>The same network, written in both ways.</summary>
    public static TheoryData<string, Func<Layers, Tensor, Tensor>, Func<Layers, Tensor, Tensor>> Networks => new()
    {
        {
            "residual",
            (net, x) => relu(net.Second.call(relu(net.First.call(x))) + net.Stem.call(x)).mean([2L, 3L]),
            (net, x) => net.Flat.call(net.Mean.call(net.Relu.call(
                net.Add.call(net.Second.call(net.Relu.call(net.First.call(x))), net.Stem.call(x)))))
        },
        {
            "residualOfRectified",
            (net, x) =>
            {
                var y = relu(net.Stem.call(x));
                y = relu(net.Second.call(y)) + y;
                return adaptive_avg_pool2d(net.Third.call(y), 1).flatten(1);
            },
            (net, x) =>
            {
                var y = net.Relu.call(net.Stem.call(x));
                y = net.Add.call(net.Relu.call(net.Second.call(y)), y);
                return net.Flat.call(net.Mean.call(net.Third.call(y)));
            }
        },
        {
            "pools",
            (net, x) => adaptive_avg_pool2d(net.Third.call(max_pool2d(relu(net.Stem.call(x)), 2, stride: 2)), 1).flatten(1),
            (net, x) => net.Flat.call(net.Mean.call(net.Third.call(net.Pool.call(net.Relu.call(net.Stem.call(x))))))
        },
        {
            "concat",
            (net, x) => adaptive_avg_pool2d(net.Narrow.call(cat([relu(net.Stem.call(x)), net.First.call(x)], 1)), 1).flatten(1),
            (net, x) => net.Flat.call(net.Mean.call(
                net.Narrow.call(net.Concat.call([net.Relu.call(net.Stem.call(x)), net.First.call(x)]))))
        },
    };

    [Theory]
    [MemberData(nameof(Networks), DisableDiscoveryEnumeration = true)]
    public void Functions_are_in_integers_where_layers_would_be(
        string name, Func<Layers, Tensor, Tensor> functions, Func<Layers, Tensor, Tensor> layers)
    {
        using var scope = NewDisposeScope();
        using var written = new Layers(functions);
        using var expected = new Layers(layers);
        using var images = CalibrationImages.Of(_shape, 32);
        var (found, reference) = (Export(written, images), Export(expected, images));
        var pixels = CalibrationImages.Pixels(images, 16).to(ScalarType.Float32);
        Assert.InRange(Distance(Score(found, pixels), Score(reference, pixels)), 0, 1e-2 * Spread(Score(reference, pixels)));
        // A mean along dimensions is no pool, and in floating point.
        string[] types = ["QLinearConv", "QLinearAdd", "QLinearConcat", "NhwcMaxPool", "QGemm"];
        Assert.Equal(
            types.Select(type => OnnxRun.Optimized(reference).Count(node => node.Operation == type)),
            types.Select(type => OnnxRun.Optimized(found).Count(node => node.Operation == type)));
        Assert.True(OnnxRun.Optimized(found).Count(node => node.Operation == "QLinearConv") >= 2, name);
    }

    /// <summary>A norm's parameters are the module's own: what it gives is seen where a layer reads it.</summary>
    [Fact]
    public void What_a_norm_of_parameters_gives_is_measured_where_a_layer_reads_it()
    {
        using var scope = NewDisposeScope();
        using var module = new Layers((net, x) => adaptive_avg_pool2d(
            net.Third.call(relu(net.Stem.call(x)).permute(0, 2, 3, 1) is var y
                ? layer_norm(y, [8], net.Weight).permute(0, 3, 1, 2) : x), 1).flatten(1));
        using var images = CalibrationImages.Of(_shape, 32);
        var pixels = CalibrationImages.Pixels(images, 16).to(ScalarType.Float32);
        var integers = Export(module, images);
        var plain = Score(OnnxExporter.Export(module, Options), pixels);
        Assert.InRange(Distance(Score(integers, pixels), plain), 1e-9, 0.1 * Spread(plain));
        Assert.Equal(2, OnnxRun.Optimized(integers).Count(node => node.Operation == "QLinearConv"));
    }

    [Fact]
    public void Ranges_of_functions_are_those_of_the_layers_that_compute_the_same()
    {
        var (_, functions, layers) = ((string, Func<Layers, Tensor, Tensor>, Func<Layers, Tensor, Tensor>))Networks.First().Data;
        using var written = new Layers(functions);
        using var expected = new Layers(layers);
        using var images = CalibrationImages.Of(_shape, 32);
        Assert.Equal(Ranges(expected, images), Ranges(written, images));
    }

    [Fact]
    public void Training_rounds_what_functions_give_as_it_rounds_what_layers_give()
    {
        using var scope = NewDisposeScope();
        using var functions = new Layers((net, x) => net.Flat.call(net.Mean.call(net.Third.call(
            max_pool2d(relu(net.Second.call(relu(net.Stem.call(x)))), 2, stride: 2)))));
        using var layers = new Layers((net, x) => net.Flat.call(net.Mean.call(net.Third.call(
            net.Pool.call(net.Relu.call(net.Second.call(net.Relu.call(net.Stem.call(x)))))))));
        using var images = CalibrationImages.Of(_shape, 32);
        var pixels = CalibrationImages.Pixels(images, 16).to(ScalarType.Float32);
        var (found, expected, plain) = (Rounded(functions, images, pixels), Rounded(layers, images, pixels), Answer(layers, pixels));
        Assert.InRange(Distance(found, expected), 0, 1e-6 * Spread(expected));
        Assert.NotInRange(Distance(expected, plain), 0, 1e-3 * Spread(plain));
    }

    [Fact]
    public void Training_refuses_a_function_that_reads_what_another_gave_in_integers()
    {
        using var module = new Layers((net, x) =>
        {
            var y = relu(net.Stem.call(x));
            return net.Flat.call(net.Mean.call(net.Third.call(net.Second.call(y) + y)));
        });
        Assert.Equal(
            "What reads 'ReLU' in integers is no layer, so that it cannot be trained with FakeQuantization: put it into a module of its "
            + "own.",
            Assert.Throws<NotSupportedException>(() => new FakeQuantizer(module, _shape, ChannelWeights.Limit, [])).Message);
    }

    private static OnnxExportOptions Options => new() { InputShape = _shape, InputType = ScalarType.Float32 };

    private static byte[] Export(nn.Module<Tensor, Tensor> module, DecodedCache images) => OnnxExporter.Export(
        module, Options with { Weights = OnnxWeights.Int8, Calibration = OnnxCalibration.Measure(module, images) });

    private static Tensor Rounded(nn.Module<Tensor, Tensor> module, DecodedCache images, Tensor pixels)
    {
        using var quantizer = new FakeQuantizer(module, _shape, ChannelWeights.Limit, [])
        {
            Calibration = OnnxCalibration.Measure(module, images),
        };
        using var rounding = quantizer.Use();
        return Answer(module, pixels);
    }

    private static double[] Ranges(nn.Module<Tensor, Tensor> module, DecodedCache images)
    {
        using var ends = OnnxCalibration.Measure(module, images).ToTensor();
        return [.. ends.data<double>().ToArray().Order()];
    }

    private static Tensor Score(byte[] model, Tensor pixels)
    {
        using var session = OnnxRun.Open(model);
        return OnnxRun.Score(session, pixels);
    }

    private static Tensor Answer(nn.Module<Tensor, Tensor> module, Tensor pixels)
    {
        using var noGradient = no_grad();
        using var kernels = (OneDnn.CanSwitch ? ComputePath.Trusted : ComputePath.Default).Enter();
        module.eval();
        return module.call(pixels).to(ScalarType.Float64);
    }

    private static double Distance(Tensor first, Tensor second) => (first - second).square().mean().sqrt().item<double>();

    private static double Spread(Tensor scores) => (scores - scores.mean()).square().mean().sqrt().item<double>();

    /// <summary>Layers of the same weights each time, and a forward that says how they are called.</summary>
    public sealed class Layers : nn.Module<Tensor, Tensor>
    {
        private readonly Normalize normalize = new(3);
        private readonly Sequential stem = Block(3, 8);
        private readonly Sequential first = Block(3, 8);
        private readonly Sequential second = Block(8, 8);
        private readonly Conv2d third = nn.Conv2d(8, 8, 3);
        private readonly Conv2d narrow = nn.Conv2d(16, 8, 1);
        private readonly ReLU relu = nn.ReLU();
        private readonly Add add = new();
        private readonly Concat concat = new();
        private readonly MaxPool2d pool = nn.MaxPool2d(2, 2);
        private readonly AdaptiveAvgPool2d mean = nn.AdaptiveAvgPool2d(1);
        private readonly Flatten flat = nn.Flatten();
        private readonly Linear last = nn.Linear(8, 5);
        private readonly Parameter weight = new(rand(8) + 0.5);
        private readonly Func<Layers, Tensor, Tensor> _forward;

        public Layers(Func<Layers, Tensor, Tensor> forward) : base(nameof(Layers))
        {
            _forward = forward;
            RegisterComponents();
            using var noGradient = no_grad();
            using var generator = new Generator(7);
            normalize.Set(new ChannelStatistics([0.507, 0.4865, 0.4409], [0.2673, 0.2564, 0.2761]));
            foreach (var (_, parameter) in named_parameters().OrderBy(entry => entry.name, StringComparer.Ordinal))
            {
                var shape = parameter.shape;
                parameter.copy_(0.3 * (shape.Length > 1 ? randn(shape, generator: generator) : rand(shape, generator: generator)));
            }

            foreach (var norm in new[] { stem, first, second }.Select(block => (BatchNorm2d)block[1]))
            {
                norm.running_mean!.copy_(randn(8, generator: generator) * 0.2);
                norm.running_var!.copy_(rand(8, generator: generator) + 0.5);
            }
        }

        public Sequential Stem => stem;

        public Sequential First => first;

        public Sequential Second => second;

        public Conv2d Third => third;

        public Conv2d Narrow => narrow;

        public ReLU Relu => relu;

        public Add Add => add;

        public Concat Concat => concat;

        public MaxPool2d Pool => pool;

        public AdaptiveAvgPool2d Mean => mean;

        public Flatten Flat => flat;

        public Parameter Weight => weight;

        public override Tensor forward(Tensor input) => last.call(_forward(this, normalize.call(input)));

        private static Sequential Block(long from, long to) => nn.Sequential(nn.Conv2d(from, to, 3, padding: 1), nn.BatchNorm2d(to));
    }
}
