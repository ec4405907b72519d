using TfKd.Tests;

namespace TfKd.MLNet.Tests;

/// <summary>
/// What the network of a model file may be made of: nothing that a few bytes turn into gigabytes, or into work without end.
/// </summary>
public sealed class OnnxOperatorTests
{
    private static readonly ProtoMessage _graph = new ProtoMessage().Text(2, "inner");

    public static TheoryData<string, byte[]> Unbounded => new()
    {
        { "ConstantOfShape", OnnxFile.OfOneNode(Node("ConstantOfShape", ["numbers"]), 1 << 20, 1 << 12) },
        { "Expand", OnnxFile.OfOneNode(Node("Expand", ["images", "numbers"]), 1 << 20, 3, 8, 8) },
        { "Tile", OnnxFile.OfOneNode(Node("Tile", ["images", "numbers"]), 1 << 20, 1, 1, 1) },
        { "Range", OnnxFile.OfOneNode(Node("Range", ["numbers", "numbers", "numbers"]), 1 << 30) },
        { "Loop, graphs within the graph", OnnxFile.OfOneNode(Node("Loop", ["", ""]).Message(5, Inner("body"))) },
        { "If, graphs within the graph", OnnxFile.OfOneNode(Node("If", ["numbers"]).Message(5, Inner("then_branch"))) },
        { "Scan, graphs within the graph", OnnxFile.OfOneNode(Node("Scan", ["images"]).Message(5, Inner("body"))) },
        // An operator that may be, with a graph that none has.
        { "graphs within the graph", OnnxFile.OfOneNode(Node("Relu", ["images"]).Message(5, Inner("body"))) },
        { "com.microsoft.Gelu", OnnxFile.OfOneNode(Node("Gelu", ["images"]).Text(7, "com.microsoft")) },
        { "ai.onnx.ml.TreeEnsembleClassifier", OnnxFile.OfOneNode(Node("TreeEnsembleClassifier", ["images"]).Text(7, "ai.onnx.ml")) },
        { "Pad by 'numbers'", OnnxFile.OfOneNode(Node("Pad", ["images", "numbers"]), 0, 0, 30_000, 30_000, 0, 0, 30_000, 30_000) },
        { "Pad by 'images'", OnnxFile.OfOneNode(Node("Pad", ["images", "images"])) },
        { "Pad by ''", OnnxFile.OfOneNode(Node("Pad", ["images"]).Message(5, OnnxArgument.Of("pads", [0L, 0, 9, 9, 0, 0, 9, 9]).Message)) },
        { "pads above 256", OnnxFile.OfOneNode(Convolution([30_000, 30_000, 0, 0])) },
        { "pads above 256", OnnxFile.OfOneNode(Convolution([-1, 0, 0, 0])) },
        { "a ConvTranspose that enlarges more than 16 times, or to a given size", OnnxFile.OfOneNode(Transposed("strides", [1, 17])) },
        { "a ConvTranspose that enlarges more than 16 times, or to a given size", OnnxFile.OfOneNode(Transposed("output_shape", [1, 9])) },
    };

    [Theory]
    [MemberData(nameof(Unbounded), DisableDiscoveryEnumeration = true)]
    public void An_operator_without_bounds_is_refused_before_a_session_is_opened(string found, byte[] onnx)
    {
        var model = TestModels.WithMadeUpBytes();
        var card = model.Card with { OnnxSha256 = TorchImageClassificationModel.HashOf(onnx) };
        Assert.Equal(
            "The model's network must be of operators whose work is bounded by their inputs, as all that this library exports, but has " +
            $"{found}. The file was changed, or is of another program.",
            Assert.Throws<InvalidDataException>(() => new TorchImageClassificationModel(card, model.Weights.ToArray(), onnx)).Message);
    }

    [Fact]
    public void Every_network_is_made_of_bounded_operators() => Assert.All(TestNetworks.All, architecture =>
    {
        using var network = architecture.Build(3);
        var onnx = NetworkExport.ToOnnx(network, ClassKeys.FromCard(TestModels.TextClasses("a", "b", "c")), null);
        Assert.Null(Read(onnx).Unbounded());
    });

    [Fact]
    public void Bounded_padding_is_no_reason_to_refuse()
    {
        Assert.Null(Read(OnnxFile.OfOneNode(Node("Pad", ["images", "numbers"]), 0, 16, 0, 0, 0, 16, 0, 0)).Unbounded());
        Assert.Null(Read(OnnxFile.OfOneNode(Convolution([1, 1, 1, 1]))).Unbounded());
    }

    [Fact]
    public void A_network_with_a_transposed_convolution_may_be_in_a_model()
    {
        using var network = new FactoryNetwork("hourglass", count => TorchSharp.torch.nn.Sequential(
            TorchSharp.torch.nn.Conv2d(3, 4, 3, stride: 2), TorchSharp.torch.nn.ConvTranspose2d(4, 4, 3, stride: 2),
            TorchSharp.torch.nn.AdaptiveAvgPool2d(1), TorchSharp.torch.nn.Flatten(), TorchSharp.torch.nn.Linear(4, count)),
            TestImages.Shape).Build(3);
        Assert.Null(Read(NetworkExport.ToOnnx(network, ClassKeys.FromCard(TestModels.TextClasses("a", "b", "c")), null)).Unbounded());
    }

    [Fact]
    public void Bytes_that_cannot_be_looked_at_are_not_opened() => Assert.Equal(
        "The model's network is no ONNX model: expected a protobuf message, found other bytes.",
        Assert.Throws<InvalidDataException>(() => Open([0x3b, 0x3c])).Message);

    [Fact]
    public void A_network_whose_own_emitter_writes_such_an_operator_is_refused_before_it_is_trained()
    {
        var network = new FactoryNetwork("spread", _ => TorchSharp.torch.nn.Sequential(
            ("spread", new Spread()), ("flat", TorchSharp.torch.nn.Flatten()), ("fc", TorchSharp.torch.nn.Linear(192, 3))),
            TestImages.Shape, new SpreadEmitter());
        Assert.Contains(
            " has Expand, which could take any memory or time, and which no model file may have;",
            Assert.Throws<NotSupportedException>(() => TestModels.WithNetwork(architecture: network)).Message,
            StringComparison.Ordinal);
    }

    private static OnnxScorer Open(byte[] onnx) => new(onnx, OnnxContent.TryRead(onnx), TestImages.Shape, 3);

    private static OnnxContent Read(byte[] onnx) => OnnxContent.TryRead(onnx)!;

    private static ProtoMessage Inner(string name) => new ProtoMessage().Text(1, name).Message(6, _graph).Integer(20, 5);

    private static ProtoMessage Convolution(long[] pads) =>
        Node("Conv", ["images", "numbers"]).Message(5, OnnxArgument.Of("pads", pads).Message);

    private static ProtoMessage Transposed(string name, long[] values) =>
        Node("ConvTranspose", ["images", "numbers"]).Message(5, OnnxArgument.Of(name, values).Message);

    private static ProtoMessage Node(string type, string[] inputs)
    {
        var node = new ProtoMessage();
        foreach (var input in inputs)
            node.Text(1, input);
        return node.Text(2, "scores").Text(4, type);
    }

    private sealed class Spread() : TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>(nameof(Spread))
    {
        public override TorchSharp.torch.Tensor forward(TorchSharp.torch.Tensor input) => input.clone();
    }

    private sealed class SpreadEmitter : OnnxEmitter<Spread>
    {
        protected override string Emit(Spread layer, OnnxLeaf leaf) => leaf.Node("Expand", [leaf.Input.Name, leaf.Integers("shape", 1)]);
    }
}
