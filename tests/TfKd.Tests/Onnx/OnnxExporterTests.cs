using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class OnnxExporterTests
{
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
    public void What_is_computed_of_a_parameter_outside_a_layer_is_refused() => AssertRefused(
        "'multiply' (Multiply) reads a tensor that no layer returned. Put the operation that makes it into a module of its own, and invoke "
            + "modules by call, not by forward.",
        new Scaled(factor => factor.exp()), 4);

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
    public void Tensor_made_outside_a_layer_is_refused_within_an_array_too() => AssertRefused(
        "'join' (Concat) reads a tensor that no layer returned. Put the operation that makes it into a module of its own, and invoke "
            + "modules by call, not by forward.",
        new Fork(new Concat(), last => last * 2), 4);

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
    public void Leaf_without_an_emitter_is_refused_with_path_and_type() => AssertRefused(
        "'features.1' is a Scale, which no emitter knows. Pass an OnnxEmitter<Scale> to the export, or build the module of parts that "
            + "have one, invoked by call.",
        nn.Sequential(("features", nn.Sequential(nn.Conv2d(3, 4, 3), new Scale(2)))));

    [Fact]
    public void Operation_outside_a_layer_is_refused_with_the_path_of_its_reader() => AssertRefused(
        "'last' (Conv2d) reads a tensor that no layer returned. Put the operation that makes it into a module of its own, and invoke "
            + "modules by call, not by forward.",
        new Loose((x, first, last) => last.call(first.call(x) * 2)));

    [Fact]
    public void Layer_invoked_by_forward_is_refused_with_the_path_of_its_reader() => AssertRefused(
        "'last' (Conv2d) reads a tensor that no layer returned. Put the operation that makes it into a module of its own, and invoke "
            + "modules by call, not by forward.",
        new Loose((x, first, last) => last.call(first.forward(x))));

    [Fact]
    public void Result_made_outside_a_layer_is_refused() => AssertRefused(
        "The network's result is a tensor that no layer returned. Put the operation that makes it into a module of its own, and invoke "
            + "modules by call, not by forward.",
        new Loose((x, first, last) => last.call(first.call(x)).mean([2L, 3L])));

    [Fact]
    public void Change_in_place_outside_a_layer_is_refused_with_the_path_of_its_reader() => AssertRefused(
        "'last' (Conv2d) reads a tensor that was changed in place after a layer returned it. Use an operation that returns a new tensor.",
        new Loose((x, first, last) =>
        {
            var y = first.call(x);
            y.mul_(2);
            return last.call(y);
        }));

    public static TheoryData<string, Func<nn.Module<Tensor, Tensor>>> RefusedSettings => new()
    {
        { "'0' (Conv2d) has no ONNX form: it pads with Reflect, and only zeros are known.", () =>
            nn.Conv2d(3, 3, 3, padding: 1, padding_mode: PaddingModes.Reflect) },
        { "'0' (AvgPool2d) has no ONNX form: it divides by 3 instead of the size of the window.", () => nn.AvgPool2d(
            2, divisor_override: 3) },
        { "'0' (AvgPool2d) has no ONNX form: it rounds its size up and counts its padding, which together have no counterpart; set "
            + "count_include_pad or ceil_mode to false.", () =>
            nn.AvgPool2d(4, 3, 1, ceil_mode: true) },
        { "'0' (BatchNorm2d) has no ONNX form: it has no running statistics or no weights.", () => nn.BatchNorm2d(3, affine: false) },
        { "'0' (Flatten) has no ONNX form: it joins dimensions 2 to 3, and only 1 to -1 (all but the batch) is known.", () => nn.Flatten(
            2, 3) },
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
