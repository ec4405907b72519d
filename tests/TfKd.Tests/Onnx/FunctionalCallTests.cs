using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace TfKd.Tests;

/// <summary>Functions that a forward calls between its layers.</summary>
public sealed class FunctionalCallTests
{
    public static TheoryData<string, Func<Tensor, Tensor>> Functions => new()
    {
        { "relu", x => relu(x) },
        { "relu6", x => relu6(x) },
        { "clampBelow", x => x.clamp_min(-0.25) },
        { "clampAbove", x => x.clamp_max(0.25) },
        { "clamp", x => x.clamp(-0.5, 0.75) },
        { "leakyRelu", x => leaky_relu(x, 0.2) },
        { "silu", x => silu(x) },
        { "swishByHand", x => x * x.sigmoid() },
        { "gelu", x => gelu(x) },
        { "hardswish", x => hardswish(x) },
        { "tanh", x => x.tanh() },
        { "elu", x => elu(x, 1.0) },
        { "softplus", x => softplus(x) },
        { "mish", x => mish(x) },
        { "abs", x => x.abs() },
        { "square", x => x * x },
        { "root", x => relu(x).sqrt() },
        { "scale", x => x * 0.3 },
        { "quotient", x => x / 7 },
        { "shift", x => x + 1.5 },
        { "line", x => 2.5 * x - 1 },
        { "oneMinus", x => 1 - x },
        { "sum", x => x + relu(x) },
        { "difference", x => x - relu(x).mul(2) },
        { "maximum", x => x.maximum(-x) },
        { "gate", x => x * x.mean([2L, 3L], true).sigmoid() },
        { "concat", x => cat([x, relu(x), x.tanh()], 1) },
        { "concatAlongRows", x => cat([x, relu(x)], 2) },
        { "chunks", x => x.chunk(2, 1) is [var first, var second] ? first * second : x },
        { "range", x => x.narrow(2, 3, 5) },
        { "row", x => x.select(2, 4) },
        { "permute", x => x.permute(0, 2, 3, 1) },
        { "transpose", x => x.transpose(2, 3) },
        { "flatten", x => x.flatten(1) },
        { "view", x => x.view(x.shape[0], -1, 9) },
        { "shuffle", x => x.view(-1, 2, 2, 9, 9).transpose(1, 2).reshape(-1, 4, 9, 9) },
        { "mean", x => x.mean([2L, 3L]) },
        { "meanOfRelu", x => relu(x).mean([2L, 3L]) },
        { "largest", x => x.amax([2L, 3L]) },
        { "sumOfTwo", x => x.sum([1L, 2L]) },
        { "adaptive", x => adaptive_avg_pool2d(x, 1) },
        { "adaptiveOverlaps", x => adaptive_avg_pool2d(x, [4L, 5L]) },
        { "maxPool", x => max_pool2d(x, 3, stride: 2, padding: 1) },
        { "avgPool", x => avg_pool2d(x, 2) },
        { "avgPoolPadded", x => avg_pool2d(x, 3, stride: 1, padding: 1) },
        { "softmax", x => softmax(x, 1) },
        { "logSoftmax", x => log_softmax(x, 1) },
        { "attention", x => softmax(x.matmul(x.transpose(2, 3)) / 3, -1).matmul(x) },
        { "interpolate", x => interpolate(x, scale_factor: [2, 2], mode: InterpolationMode.Bilinear, align_corners: false) },
        { "interpolateNearest", x => interpolate(x, scale_factor: [2, 2]) },
        { "pad", x => pad(x, [1L, 2L, 0L, 1L]) },
        { "positions", x => x + arange(9, ScalarType.Float32, x.device) },
        { "inPlace", x => x.mul_(2).add_(1) },
        { "reluInPlace", x => relu(x, inplace: true) },
        { "dropout", x => dropout(x, 0.5, training: false) },
        { "inAScope", x =>
            {
                using var scope = NewDisposeScope();
                return relu(x).mean([2L, 3L]).MoveToOuterDisposeScope();
            } },
        { "ofTwoInAScope", x =>
            {
                var y = x.tanh();
                using var scope = NewDisposeScope();
                return relu(x + y).MoveToOuterDisposeScope();
            } },
    };

    [Theory]
    [MemberData(nameof(Functions), DisableDiscoveryEnumeration = true)]
    public void A_function_between_layers_exports(string name, Func<Tensor, Tensor> function)
    {
        random.manual_seed(11);
        using var module = new Between(function);
        OnnxRun.AssertParity(module, new ImageShape(3, 9, 9), 1e-5);
        Assert.NotEmpty(name);
    }

    [Fact]
    public void A_residual_that_is_added_in_place_exports()
    {
        random.manual_seed(11);
        using var module = nn.Sequential(nn.Conv2d(3, 4, 3), new Residual(), new Residual(), nn.AdaptiveAvgPool2d(1), nn.Flatten());
        OnnxRun.AssertParity(module, new ImageShape(3, 12, 12), 1e-5);
    }

    /// <summary>As papers' code has them: functions, permutations, a scale that is learnt, squeeze and excitation.</summary>
    [Fact]
    public void Blocks_of_ConvNeXt_and_RegNet_export()
    {
        random.manual_seed(11);
        using var module = nn.Sequential(
            nn.Conv2d(3, 4, 3, 2), new ConvNextBlock(), new ConvNextBlock(), new RegNetBlock(), nn.AdaptiveAvgPool2d(1), nn.Flatten());
        OnnxRun.AssertParity(module, new ImageShape(3, 17, 17), 1e-5);
    }

    /// <summary>The network's own values are all between 0 and 6, where a limit of 6 does not show.</summary>
    [Fact]
    public void A_limit_that_the_network_does_not_reach_is_in_the_export_all_the_same()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var module = new Between(x => relu6(x));
        module.Conv.weight.fill_(0.001);
        module.Conv.bias!.fill_(0);
        var shape = new ImageShape(3, 9, 9);
        var options = new OnnxExportOptions { InputShape = shape, InputType = ScalarType.Float32 };
        using var session = OnnxRun.Open(OnnxExporter.Export(module, options));
        var images = TestNetworks.Pixels(2, shape, ScalarType.Float32) * 1000;
        var (expected, found) = (module.call(images).to(ScalarType.Float64), OnnxRun.Score(session, images));
        Assert.Equal(6, module.Conv.call(images).clamp_max(6).max().item<float>());
        Assert.InRange((expected - found).abs().max().item<double>(), 0, 1e-4);
    }

    [Theory]
    [InlineData(50)]
    [InlineData(2000)]
    public void A_limit_that_is_far_away_is_in_the_export(double limit)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var module = new Between(x => x.clamp(-limit, limit));
        var shape = new ImageShape(3, 9, 9);
        using var session = OnnxRun.Open(OnnxExporter.Export(module, new() { InputShape = shape, InputType = ScalarType.Float32 }));
        var images = TestNetworks.Pixels(2, shape, ScalarType.Float32) * 1e4;
        var (expected, found) = (module.call(images).to(ScalarType.Float64), OnnxRun.Score(session, images));
        Assert.Equal(limit, expected.max().item<double>());
        Assert.InRange((expected - found).abs().max().item<double>(), 0, 1e-4 * limit);
    }

    // Where all channels are 0, it is what keeps 0 / 0 away.
    [Theory]
    [InlineData(1e-3)]
    [InlineData(1e-6)]
    public void An_epsilon_that_the_network_does_not_show_is_in_the_export(double epsilon)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var module = new Between(x => x / ((x * x).mean([1L], true) + epsilon).sqrt());
        var shape = new ImageShape(3, 7, 7);
        module.Conv.bias!.fill_(0);
        var images = TestNetworks.Pixels(2, shape, ScalarType.Float32);
        images[.., .., ..4, ..4] = 0;
        using var session = OnnxRun.Open(OnnxExporter.Export(module, new() { InputShape = shape, InputType = ScalarType.Float32 }));
        var (expected, found) = (module.call(images).to(ScalarType.Float64), OnnxRun.Score(session, images));
        Assert.Equal(0, expected[0, 0, 0, 0].item<double>());
        Assert.InRange((expected - found).abs().max().item<double>(), 0, 1e-4);
    }

    [Fact]
    public void An_epsilon_that_no_numbers_show_is_refused() =>
        AssertRefused(new Between(x => x / ((x * x).mean([1L], true) + 1e-8).sqrt()));

    // A module that no emitter knows seems to do nothing to small numbers.
    [Fact]
    public void A_module_that_looks_like_none_for_small_numbers_is_refused()
    {
        using var module = nn.Sequential(nn.Conv2d(3, 4, 3), new Sine(), nn.Flatten());
        var options = new OnnxExportOptions { InputShape = new ImageShape(3, 7, 7), InputType = ScalarType.Float32 };
        Assert.StartsWith(
            "'1' is a Sine, which no emitter knows",
            Assert.Throws<NotSupportedException>(() => OnnxExporter.Export(module, options)).Message,
            StringComparison.Ordinal);
    }

    private sealed class Sine() : nn.Module<Tensor, Tensor>(nameof(Sine))
    {
        public override Tensor forward(Tensor input) => input.sin();
    }

    [Fact]
    public void A_parameter_that_is_repeated_for_each_image_is_refused_in_words() => AssertRefused(new ClassToken());

    private static void AssertRefused(nn.Module<Tensor, Tensor> module)
    {
        using (module)
        {
            var options = new OnnxExportOptions { InputShape = new ImageShape(3, 7, 7), InputType = ScalarType.Float32 };
            var exception = Assert.Throws<NotSupportedException>(() => OnnxExporter.Export(module, options));
            Assert.Contains(LeafTracer.Advice, exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_network_that_adds_and_rectifies_in_place_is_in_integers()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var shape = new ImageShape(3, 12, 12);
        random.manual_seed(11);
        using var network = new FactoryNetwork("residual", count => nn.Sequential(
            nn.Conv2d(3, 4, 3), new Residual(), new Residual(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, count)), shape).Build(3);
        using var images = CalibrationImages.Of(shape, 32);
        var options = new OnnxExportOptions { InputShape = shape };
        var integers = options with { Weights = OnnxWeights.Int8, Calibration = network.Calibrate(images) };
        using var plain = OnnxRun.Open(OnnxExporter.Export(network, options));
        var model = OnnxExporter.Export(network, integers);
        using var other = OnnxRun.Open(model);
        var pixels = CalibrationImages.Pixels(images, 16);
        var (expected, found) = (OnnxRun.Score(plain, pixels), OnnxRun.Score(other, pixels));
        Assert.Equal(5, OnnxRun.Optimized(model).Count(node => node.Operation == "QLinearConv"));
        Assert.Equal(2, OnnxRun.Optimized(model).Count(node => node.Operation == "QLinearAdd"));
        Assert.InRange((expected - found).abs().max().item<double>(), 1e-9, 0.1 * expected.abs().max().item<double>());
    }

    [Fact]
    public void A_module_of_functions_alone_needs_no_emitter()
    {
        using var module = nn.Sequential(nn.Conv2d(3, 4, 3), new Squash(), nn.Conv2d(4, 2, 3));
        OnnxRun.AssertParity(module, new ImageShape(3, 9, 9), 1e-5);
    }

    private sealed class Between : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d conv = nn.Conv2d(3, 4, 3, padding: 1);
        private readonly Identity last = nn.Identity();
        private readonly Func<Tensor, Tensor> _function;

        public Between(Func<Tensor, Tensor> function) : base(nameof(Between))
        {
            _function = function;
            RegisterComponents();
            using var noGrad = no_grad();
            // Pixels are large, and what bends does so near zero.
            conv.weight.mul_(0.02);
        }

        public Conv2d Conv => conv;

        public override Tensor forward(Tensor input) => last.call(_function(conv.call(input)));
    }

    private sealed class ClassToken : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d conv = nn.Conv2d(3, 4, 3);
        private readonly Identity last = nn.Identity();
        private readonly Parameter token = nn.Parameter(rand(1, 1, 4));

        public ClassToken() : base(nameof(ClassToken)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            var tokens = conv.call(input).flatten(2).transpose(1, 2);
            return last.call(cat([token.expand(tokens.shape[0], -1, -1), tokens], 1));
        }
    }

    /// <summary>As torchvision's blocks for .NET are.</summary>
    private sealed class Residual : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d conv = nn.Conv2d(4, 4, 3, padding: 1);
        private readonly ReLU relu = nn.ReLU(inplace: true);

        public Residual() : base(nameof(Residual)) => RegisterComponents();

        public override Tensor forward(Tensor input) => conv.call(relu.call(conv.call(input))).add_(input).relu_();
    }

    private sealed class Squash() : nn.Module<Tensor, Tensor>(nameof(Squash))
    {
        public override Tensor forward(Tensor input) => input.clamp(-1, 1) * 0.5 + input.sigmoid();
    }

    private sealed class ConvNextBlock : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d conv = nn.Conv2d(4, 4, 7, padding: 3, groups: 4);
        private readonly LayerNorm norm = nn.LayerNorm(4);
        private readonly Linear wide = nn.Linear(4, 8);
        private readonly Linear narrow = nn.Linear(8, 4);
        private readonly Parameter scale = OwnParameter.Of(tensor([0.5f, -2, 3, 0.25f]));

        public ConvNextBlock() : base(nameof(ConvNextBlock)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            var x = norm.call(conv.call(input).permute(0, 2, 3, 1));
            x = scale * narrow.call(gelu(wide.call(x)));
            return input + x.permute(0, 3, 1, 2);
        }
    }

    private sealed class RegNetBlock : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d first = nn.Conv2d(4, 8, 1);
        private readonly Conv2d second = nn.Conv2d(8, 8, 3, padding: 1, groups: 2);
        private readonly Conv2d squeeze = nn.Conv2d(8, 2, 1);
        private readonly Conv2d excite = nn.Conv2d(2, 8, 1);
        private readonly Conv2d third = nn.Conv2d(8, 4, 1);

        public RegNetBlock() : base(nameof(RegNetBlock)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            var x = relu(second.call(relu(first.call(input))), inplace: true);
            var gate = excite.call(relu(squeeze.call(adaptive_avg_pool2d(x, 1)))).sigmoid();
            return relu(input + third.call(x * gate));
        }
    }
}
