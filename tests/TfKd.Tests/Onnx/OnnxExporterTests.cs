using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class OnnxExporterTests
{
    private const string NotFollowed = " that no layer returned, and what was done is no function that is followed: put the operation that "
        + "makes it into a module of its own, with an OnnxEmitter, and invoke modules by call, not by forward.";

    private static readonly OnnxExportOptions Options = new() { InputShape = new ImageShape(3, 16, 16), InputType = ScalarType.Float32 };

    [Fact]
    public void Names_shapes_and_metadata_are_as_asked()
    {
        using var network = TestNetworks.BuildTrained(new CifarResNet { Depth = 8 }, 11);
        var model = OnnxExporter.Export(network, new OnnxExportOptions
        {
            InputShape = new ImageShape(3, 32, 40),
            InputName = "pixels",
            OutputName = "probabilities",
            ProducerName = "maker",
            Metadata = new Dictionary<string, string> { ["classes"] = "[\"ä\",\"b\"]", ["a"] = "" },
        });
        using var session = OnnxRun.Open(model);
        var (inputName, input) = Assert.Single(session.InputMetadata);
        Assert.Equal("pixels", inputName);
        Assert.Equal(typeof(byte), input.ElementType);
        Assert.Equal([-1, 3, 32, 40], input.Dimensions);
        var (outputName, output) = Assert.Single(session.OutputMetadata);
        Assert.Equal("probabilities", outputName);
        Assert.Equal([-1, 11], output.Dimensions);
        Assert.Equal("maker", session.ModelMetadata.ProducerName);
        Assert.Equal(new Dictionary<string, string> { ["classes"] = "[\"ä\",\"b\"]", ["a"] = "" }, session.ModelMetadata.CustomMetadataMap);
    }

    [Fact]
    public void Appended_softmax_gives_probabilities_of_the_logits()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var network = TestNetworks.BuildTrained(new SmallCnn(), 5);
        using var session = OnnxRun.Open(OnnxExporter.Export(
            network, new OnnxExportOptions { InputShape = network.Architecture.InputShape, AppendSoftmax = true }));
        var images = TestNetworks.Pixels(3, network.Architecture.InputShape);
        var expected = nn.functional.softmax(network.call(images), 1).to(ScalarType.Float64);
        Assert.InRange((OnnxRun.Score(session, images) - expected).abs().max().item<double>(), 0, 1e-5);
    }

    [Fact]
    public void Weights_are_stored_once()
    {
        using var network = new SmallCnn { Width = 32 }.Build(10);
        var bytes = network.state_dict().Sum(entry => entry.Value.numel() * 4);
        var model = OnnxExporter.Export(network, new OnnxExportOptions { InputShape = network.Architecture.InputShape });
        Assert.InRange(model.Length, bytes, bytes + 10_000);
    }

    [Fact]
    public void In_place_layer_is_seen_by_every_later_reader_of_its_input()
    {
        using var module = new PreActivation(inplace: true);
        OnnxRun.AssertParity(module, new ImageShape(3, 9, 9), 1e-5);
        using var plain = new PreActivation(inplace: false);
        OnnxRun.AssertParity(plain, new ImageShape(3, 9, 9), 1e-5);
    }

    [Fact]
    public void Layer_reads_a_parameter_of_a_module_around_it()
    {
        using var module = nn.Sequential(nn.Conv2d(3, 4, 3), new Scaled());
        OnnxRun.AssertParity(module, new ImageShape(3, 9, 9), 1e-5);
    }

    [Fact]
    public void Layer_reads_what_a_forward_computes_of_a_parameter()
    {
        using var module = nn.Sequential(nn.Conv2d(3, 4, 3), new Scaled(factor => factor.exp()));
        OnnxRun.AssertParity(module, new ImageShape(3, 9, 9), 1e-5);
    }

    [Fact]
    public void Module_with_an_emitter_of_its_own_exports()
    {
        using var module = nn.Sequential(nn.Conv2d(3, 4, 3), new Scale(2.5), nn.ReLU());
        OnnxRun.AssertParity(module, Options.InputShape, 1e-5, new ScaleEmitter());
    }

    [Fact]
    public void Module_of_many_tensors_with_an_emitter_of_its_own_exports()
    {
        using var module = new Fork(new Sum());
        OnnxRun.AssertParity(module, new ImageShape(4, 9, 9), 1e-5, new SumEmitter());
    }

    [Fact]
    public void Tensor_that_cannot_be_followed_is_refused_within_an_array_too() => AssertRefused(
        "'join' (Concat) reads a tensor of shape [1,4,16,16]" + NotFollowed, new Fork(new Concat(), last => last.cumsum(2)), 4);

    [Fact]
    public void Emitter_of_the_caller_goes_before_a_built_in_one_and_may_take_a_module_with_parts()
    {
        using var module = nn.Sequential(("block", new PreActivation(inplace: false)));
        var model = OnnxExporter.Export(module, Options, new PreActivationEmitter());
        using var session = OnnxRun.Open(model);
        using var images = ones(1, 3, 16, 16);
        using var scores = OnnxRun.Score(session, images);
        Assert.Equal(-1, scores.max().item<double>());
    }

    [Fact]
    public void Leaf_that_cannot_be_followed_is_refused_with_path_and_type() => AssertRefused(
        "'features.1' is a RunningSum, which no emitter knows, and what it computes is no function that is followed. Pass an "
            + "OnnxEmitter<RunningSum> to the export, or build the module of parts that have one, invoked by call.",
        nn.Sequential(("features", nn.Sequential(nn.Conv2d(3, 4, 3), new RunningSum()))));

    [Fact]
    public void Operation_that_cannot_be_followed_is_refused_with_the_path_of_its_reader() => AssertRefused(
        "'last' (Conv2d) reads a tensor of shape [1,3,16,16]" + NotFollowed,
        new Loose((x, first, last) => last.call(first.call(x).cumsum(2))));

    [Fact]
    public void Result_that_cannot_be_followed_is_refused() => AssertRefused(
        "The network's result is a tensor of shape [1,3]" + NotFollowed,
        new Loose((x, first, last) => last.call(first.call(x)).std([2L, 3L])));

    [Fact]
    public void Change_in_place_that_cannot_be_followed_is_refused_with_the_path_of_its_reader() => AssertRefused(
        "'last' (Conv2d) reads a tensor of shape [1,3,16,16] that was changed in place after a layer returned it"
            + NotFollowed.Replace(" that no layer returned", "", StringComparison.Ordinal),
        new Loose((x, first, last) =>
        {
            var y = first.call(x);
            y.copy_(y.cumsum(2));
            return last.call(y);
        }));

    [Fact]
    public void What_depends_on_the_batch_is_refused() => AssertRefused(
        "'last' (Conv2d) reads what Sub gives for one image, but something else for a batch of others. What the network's forward computes "
            + "between its layers cannot be followed: put the operation that makes it into a module of its own, with an OnnxEmitter, and "
            + "invoke modules by call, not by forward.",
        new Loose((x, first, last) =>
        {
            var y = first.call(x);
            return last.call(y - y.mean([0L, 2L, 3L], true));
        }));

    public static TheoryData<string, Func<nn.Module<Tensor, Tensor>>> RefusedSettings => new()
    {
        { "'0' (Conv2d) has no ONNX form: it pads with Circular, and only Zeros, Reflect and Replicate are known.", () =>
            nn.Conv2d(3, 3, 3, padding: 1, padding_mode: PaddingModes.Circular) },
        { "'0' (AvgPool2d) has no ONNX form: it divides by 3 instead of the size of the window.", () => nn.AvgPool2d(
            2, divisor_override: 3) },
        { "'0' (AvgPool2d) has no ONNX form: it rounds its size up and counts its padding, which together have no counterpart; set "
            + "count_include_pad or ceil_mode to false.", () =>
            nn.AvgPool2d(4, 3, 1, ceil_mode: true) },
        { "'0' (BatchNorm2d) has no ONNX form: it has no running statistics, and what it computes depends on the batch.", () =>
            nn.BatchNorm2d(3, track_running_stats: false) },
        { "'0' (Flatten) has no ONNX form: it joins the batch, which is free, with other dimensions; start at dimension 1.", () =>
            nn.Flatten(0, 1) },
        { "'0' (Hardtanh) has no ONNX form: TorchSharp's layer returns its input as it is unless inplace is true.", () => nn.Hardtanh() },
        { "'0' (Unflatten) has no ONNX form: it divides the batch, which is free.", () => nn.Unflatten(0, [1L, 1L]) },
        { "'0' (Softplus) has no ONNX form: it goes on straight from 3, and only from 16 on the curve is straight.", () =>
            nn.Softplus(1, 3) },
        { "'0' (AdaptiveMaxPool2d) has no ONNX form: 16x16 does not divide into 3x2 windows of one size.", () =>
            nn.AdaptiveMaxPool2d([3L, 2L]) },
        { "'0' (LPPool2d) has no ONNX form: it is of norm 3, and only 2 is known.", () => nn.LPPool2d(3, 2) },
        { "'0' (LPPool2d) has no ONNX form: it rounds its size up; set ceil_mode to false.", () => nn.LPPool2d(2, 3, 2, true) },
        { "'0' (LocalResponseNorm) has no ONNX form: it looks at 4 channels, and only odd numbers are known.", () =>
            nn.LocalResponseNorm(4) },
    };

    [Theory]
    [MemberData(nameof(RefusedSettings), DisableDiscoveryEnumeration = true)]
    public void Settings_without_an_ONNX_form_are_refused(string message, Func<nn.Module<Tensor, Tensor>> build) =>
        AssertRefused(message, nn.Sequential(build()));

    [Fact]
    public void Options_are_checked()
    {
        Assert.StartsWith(
            "InputType must be Byte or Float32, but is Int64.",
            Assert.Throws<ArgumentOutOfRangeException>(() => Options with { InputType = ScalarType.Int64 }).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "OutputName must not be empty.",
            Assert.Throws<ArgumentException>(() => Options with { OutputName = "" }).Message,
            StringComparison.Ordinal);
        using var module = nn.Sequential(nn.ReLU());
        Assert.StartsWith(
            "InputName and OutputName must differ, but both are 'x'.",
            Assert.Throws<ArgumentException>(() => OnnxExporter.Export(module, Options with { InputName = "x", OutputName = "x" })).Message,
            StringComparison.Ordinal);
    }

    private static void AssertRefused(string message, nn.Module<Tensor, Tensor> module, int channels = 3)
    {
        var options = Options with { InputShape = Options.InputShape with { Channels = channels } };
        using (module)
        {
            module.train();
            Assert.Equal(message, Assert.Throws<NotSupportedException>(() => OnnxExporter.Export(module, options)).Message);
            Assert.True(module.training);
        }
    }

    /// <summary>A pre-activation residual: what the shortcut carries depends on whether the ReLU works in place.</summary>
    private sealed class PreActivation : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d stem = nn.Conv2d(3, 3, 1);
        private readonly Identity identity = nn.Identity();
        private readonly ReLU relu;
        private readonly Conv2d conv = nn.Conv2d(3, 3, 3, padding: 1);
        private readonly Add add = new();

        public PreActivation(bool inplace) : base(nameof(PreActivation))
        {
            relu = nn.ReLU(inplace);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            // The identity shares its input's memory, so the ReLU reaches through it.
            var x = stem.call(input);
            return add.call(x, conv.call(relu.call(identity.call(x))));
        }
    }

    /// <summary>Times a factor a channel, and moved by it.</summary>
    private sealed class Scaled : nn.Module<Tensor, Tensor>
    {
        private readonly Parameter factor = OwnParameter.Of(tensor([0.5f, -2, 3, 0.25f]).view(4, 1, 1));
        private readonly Multiply multiply = new();
        private readonly Add add = new();
        private readonly Func<Tensor, Tensor> _change;

        public Scaled(Func<Tensor, Tensor>? change = null) : base(nameof(Scaled))
        {
            _change = change ?? (factor => factor);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => add.call(multiply.call(input, _change(factor)), factor);
    }

    private sealed class PreActivationEmitter : OnnxEmitter<PreActivation>
    {
        protected override string Emit(PreActivation layer, OnnxLeaf leaf) => leaf.Node("Neg", [leaf.Input.Name]);
    }

    private sealed class Scale(double factor) : nn.Module<Tensor, Tensor>(nameof(Scale))
    {
        public double Factor { get; } = factor;

        public override Tensor forward(Tensor input) => input * Factor;
    }

    private sealed class ScaleEmitter : OnnxEmitter<Scale>
    {
        protected override string Emit(Scale layer, OnnxLeaf leaf) =>
            leaf.Node("Mul", [leaf.Input.Name, leaf.Scalar("factor", layer.Factor)]);
    }

    private sealed class RunningSum() : nn.Module<Tensor, Tensor>(nameof(RunningSum))
    {
        public override Tensor forward(Tensor input) => input.cumsum(2);
    }

    private sealed class Sum() : nn.Module<Tensor[], Tensor>(nameof(Sum))
    {
        public override Tensor forward(Tensor[] tensors) => stack(tensors).sum([0L]);
    }

    private sealed class SumEmitter : OnnxEmitter<Sum>
    {
        protected override string Emit(Sum layer, OnnxLeaf leaf) => leaf.Node("Sum", [.. leaf.Inputs.Select(input => input.Name)]);
    }

    private sealed class Loose : nn.Module<Tensor, Tensor>
    {
        private readonly Func<Tensor, Conv2d, Conv2d, Tensor> _forward;
        private readonly Conv2d first = nn.Conv2d(3, 3, 1);
        private readonly Conv2d last = nn.Conv2d(3, 3, 1);

        public Loose(Func<Tensor, Conv2d, Conv2d, Tensor> forward) : base(nameof(Loose))
        {
            _forward = forward;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => _forward(input, first, last);
    }
}
