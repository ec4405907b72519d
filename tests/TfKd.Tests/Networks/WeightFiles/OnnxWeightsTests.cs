using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class OnnxWeightsTests
{
    private static readonly ResNet Small = new() { InputShape = new ImageShape(3, 64, 64) };

    /// <summary>Networks of convolutions, batch norms and linear layers alone.</summary>
    public static TheoryData<int> Readable => [.. Enumerable.Range(0, TestNetworks.All.Length).Where(index => !HasOtherWeights(index))];

    /// <summary>Networks with weights of other kinds: layer norms, factors of layers, embeddings of places.</summary>
    public static TheoryData<int> Others => [.. Enumerable.Range(0, TestNetworks.All.Length).Where(HasOtherWeights)];

    private static bool HasOtherWeights(int index) => TestNetworks.All[index] is ConvNeXt or VisionTransformer;

    [Theory]
    [MemberData(nameof(Others))]
    public void Weights_of_other_kinds_are_refused_by_name(int index)
    {
        using var scope = NewDisposeScope();
        var architecture = TestNetworks.All[index];
        using var source = TestNetworks.BuildTrained(architecture, 10);
        using var file = new WeightsOnDisk(Export(source), "network.onnx");
        using var network = architecture.Build(10);
        var exception = Assert.Throws<InvalidDataException>(() => NetworkWeights.Load(network, file.Path));
        Assert.Matches(
            @"\nLayerNormalization '[^']+' has constants \[[0-9]+\], which no convolution, batch norm or linear layer of the network takes",
            exception.Message);
    }

    [Theory]
    [MemberData(nameof(Readable))]
    public void What_was_exported_comes_back(int index)
    {
        using var scope = NewDisposeScope();
        var architecture = TestNetworks.All[index];
        using var source = TestNetworks.BuildTrained(architecture, 10);
        var onnx = Export(source);
        using var file = new WeightsOnDisk(onnx, "network.onnx");
        using var network = architecture.Build(10);
        NetworkWeights.Load(network, file.Path);
        AssertEqual(source, network);
        using (no_grad())
        {
            foreach (var values in network.Body.state_dict().Values)
                values.fill_(3);
        }

        NetworkWeights.Load(network, new MemoryStream(onnx), "stream");
        AssertEqual(source, network);
    }

    [Theory]
    [MemberData(nameof(Readable))]
    public void Backbone_comes_back_for_other_classes(int index)
    {
        using var scope = NewDisposeScope();
        var architecture = TestNetworks.All[index];
        using var source = TestNetworks.BuildTrained(architecture, 10);
        using var file = new WeightsOnDisk(Export(source), "network.onnx");
        using var network = architecture.Build(4);
        var head = NetworkHead.Find(network).Keys().ToHashSet();
        var before = Copy(network).Where(entry => head.Contains(entry.Key)).ToDictionary();
        NetworkWeights.LoadBackbone(network, file.Path);
        var (expected, actual) = (Copy(source), Copy(network));
        Assert.All(
            actual.Where(entry => !IsCounter(entry.Key)),
            entry => Assert.Equal(before.GetValueOrDefault(entry.Key) ?? expected[entry.Key], entry.Value));
    }

    [Theory]
    [InlineData(18)]
    [InlineData(20)]
    [InlineData(50)]
    [InlineData(101)]
    public void File_as_the_featurisers_packages_have_it_loads_with_red_first(int depth)
    {
        using var scope = NewDisposeScope();
        var architecture = Small with { Depth = depth };
        using var source = TestNetworks.BuildTrained(architecture, 5);
        using var file = new WeightsOnDisk(CntkResNet.Write(source), "featurizer.onnx");
        using var network = architecture.Build(5);
        var head = Copy(network)["fc.weight"];
        NetworkWeights.LoadBackbone(network, file.Path);
        var (expected, actual) = (Copy(source), Copy(network));
        Assert.All(
            actual.Where(entry => !IsCounter(entry.Key) && !entry.Key.StartsWith("fc.", StringComparison.Ordinal)),
            entry => Assert.Equal(expected[entry.Key], entry.Value));
        Assert.Equal(head, actual["fc.weight"]);
    }

    [Fact]
    public void Without_a_classifier_the_whole_network_is_refused()
    {
        using var source = TestNetworks.BuildTrained(Small, 5);
        using var file = new WeightsOnDisk(CntkResNet.Write(source), "featurizer.onnx");
        Assert.Equal(
            $"""
            '{file.Path}' does not fit {Small}:
            missing: Linear 'fc' [5,512]
            A layer fits where kind, shape and the layers before it are those of the network; behind the first that does not, none does.
            """,
            Refusal(source, network => NetworkWeights.Load(network, file.Path)),
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void Another_depth_is_refused_with_the_first_layers_that_differ()
    {
        using var source = TestNetworks.BuildTrained(Small with { Depth = 34 }, 5);
        using var file = new WeightsOnDisk(CntkResNet.Write(source), "featurizer.onnx");
        using var network = Small.Build(5);
        var message = Refusal(network, target => NetworkWeights.LoadBackbone(target, file.Path));
        Assert.Equal(
            [
                $"'{file.Path}' does not fit {Small} without its head 'fc':",
                "missing: Convolution 'layer2.0.conv1' [128,64,3,3]",
                "missing: BatchNorm 'layer2.0.bn1' [128]",
            ],
            message.Split('\n').Take(3));
        Assert.Contains("\nunexpected: Convolution 'Conv", message, StringComparison.Ordinal);
        Assert.Contains("\nunexpected: 54 more\n", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stride_elsewhere_is_refused()
    {
        var architecture = Small with { Depth = 50 };
        using var source = TestNetworks.BuildTrained(architecture, 5);
        using var file = new WeightsOnDisk(CntkResNet.Write(source, strideInFirst: true), "featurizer.onnx");
        Assert.Contains(
            "\ndifferent: layer2.0.conv1: expected stride [1,1], padding [0,0], dilation [1,1], groups 1, found stride [2,2], padding "
            + "[0,0], dilation [1,1], groups 1 (Convolution 'Conv",
            Refusal(source, network => NetworkWeights.LoadBackbone(network, file.Path)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Batch_norms_that_were_folded_are_refused()
    {
        var architecture = new CifarResNet { Depth = 8, Width = 4 };
        using var network = architecture.Build(4);
        // What an exporter makes of a convolution and its batch norm.
        var folded = nn.Sequential(nn.Conv2d(3, 4, 3, padding: 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 4));
        using var file = new WeightsOnDisk(
            OnnxExporter.Export(folded, new() { InputShape = architecture.InputShape, InputType = ScalarType.Float32 }), "folded.onnx");
        Assert.Equal(
            $"'{file.Path}' does not fit {architecture}: the network has 9 batch norms and the file has none. Its exporter folded them into "
            + "the convolutions, and they cannot be told apart again. Export the network as it is trained: in PyTorch, torch.onnx.export "
            + "with training=TrainingMode.PRESERVE and do_constant_folding=False.",
            Refusal(network, target => NetworkWeights.Load(target, file.Path)));
    }

    [Fact]
    public void Weights_that_are_computed_and_constants_that_are_no_layers_are_refused()
    {
        using var network = new SmallCnn().Build(4);
        var graph = new ProtoMessage()
            .Message(5, Floats("w", 4, 3, 3, 3))
            .Message(5, Floats("s", 4, 1, 1))
            .Message(1, NodeOf("DequantizeLinear", "q", "w"))
            .Message(1, NodeOf("Conv", "c", "x", "q"))
            .Message(1, NodeOf("Mul", "m", "c", "s"));
        using var stream = new MemoryStream();
        new ProtoMessage().Integer(1, 8).Message(7, graph).WriteTo(stream);
        using var file = new WeightsOnDisk(stream.ToArray(), "quantised.onnx");
        Assert.Equal(
            $"""
            '{file.Path}' does not fit {new SmallCnn()}:
            the weight of Conv 'c' is not stored, but computed by DequantizeLinear 'q'
            Mul 'm' has constants [4,1,1], which no convolution, batch norm or linear layer of the network takes
            """,
            Refusal(network, target => NetworkWeights.Load(target, file.Path)),
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void A_node_without_its_inputs_is_refused()
    {
        using var network = new SmallCnn().Build(4);
        using var stream = new MemoryStream();
        new ProtoMessage().Integer(1, 8).Message(7, new ProtoMessage().Message(1, NodeOf("Conv", "c", "x"))).WriteTo(stream);
        using var file = new WeightsOnDisk(stream.ToArray(), "broken.onnx");
        Assert.Equal(
            $"'{file.Path}': expected 2 inputs or more and an output of Conv 'c', found 1 and 1.",
            Refusal(network, target => NetworkWeights.Load(target, file.Path)));
    }

    [Fact]
    public void Linear_layers_load_however_their_weights_stand()
    {
        using var scope = NewDisposeScope();
        var architecture = new FactoryNetwork(
            "linear", classCount => nn.Sequential(("flatten", nn.Flatten()), ("fc", nn.Linear(12, classCount))), new ImageShape(3, 2, 2));
        using var network = architecture.Build(2);
        var (weight, bias) = (arange(24, ScalarType.Float32).view(2, 12), tensor(new[] { 5f, 6f }));
        var graph = new ProtoMessage()
            .Message(5, Floats("w", weight.t().contiguous()))
            .Message(5, Floats("b", bias))
            .Message(1, NodeOf("Flatten", "f", "x"))
            .Message(1, NodeOf("MatMul", "p", "f", "w"))
            .Message(1, NodeOf("Add", "y", "p", "b"));
        using var stream = new MemoryStream();
        new ProtoMessage().Integer(1, 8).Message(7, graph).WriteTo(stream);
        using var file = new WeightsOnDisk(stream.ToArray(), "linear.onnx");
        NetworkWeights.Load(network, file.Path);
        Assert.Equal(weight.data<float>().ToArray(), Copy(network)["fc.weight"]);
        Assert.Equal([5f, 6f], Copy(network)["fc.bias"]);
    }

    [Fact]
    public void Tensors_are_read_under_the_names_of_the_file()
    {
        using var scope = NewDisposeScope();
        using var source = TestNetworks.BuildTrained(new CifarResNet { Depth = 8, Width = 4 }, 4);
        using var file = new WeightsOnDisk(Export(source), "network.onnx");
        var tensors = WeightFile.Read(file.Path);
        Assert.Equal(Copy(source)["layer1.0.conv1.weight"], tensors["body.layer1.0.conv1.weight"].data<float>().ToArray());
        Assert.Equal(
            $"'{file.Path}': expected a dictionary of tensors at 'model', found an ONNX file, which has none.",
            Assert.Throws<InvalidDataException>(() => WeightFile.Read(file.Path, "model")).Message);
        Assert.Null(NetworkWeights.ReadNormalization(file.Path));
    }

    private static byte[] Export(ImageNetwork network) => OnnxExporter.Export(
        network, new() { InputShape = network.Architecture.InputShape, AppendSoftmax = true, Temperature = 2 });

    private static ProtoMessage NodeOf(string operation, string name, params string[] inputs)
    {
        var node = new ProtoMessage();
        foreach (var input in inputs)
            node.Text(1, input);
        return node.Text(2, name).Text(3, name).Text(4, operation);
    }

    private static ProtoMessage Floats(string name, params long[] shape)
    {
        using var values = zeros(shape);
        return Floats(name, values);
    }

    private static ProtoMessage Floats(string name, Tensor values)
    {
        var message = new ProtoMessage();
        foreach (var size in values.shape)
            message.Integer(1, size);
        return message.Integer(2, 1).Text(8, name).Bytes(9, values.bytes.ToArray());
    }

    private static string Refusal(ImageNetwork network, Action<ImageNetwork> load)
    {
        var before = Copy(network);
        var message = Assert.Throws<InvalidDataException>(() => load(network)).Message;
        Assert.All(Copy(network), entry => Assert.Equal(before[entry.Key], entry.Value));
        return message;
    }

    private static void AssertEqual(ImageNetwork expected, ImageNetwork actual)
    {
        var values = Copy(expected);
        Assert.All(Copy(actual).Where(entry => !IsCounter(entry.Key)), entry => Assert.Equal(values[entry.Key], entry.Value));
    }

    private static bool IsCounter(string key) => key.EndsWith("num_batches_tracked", StringComparison.Ordinal);

    private static Dictionary<string, float[]> Copy(ImageNetwork network)
    {
        using var scope = NewDisposeScope();
        return network.Body.state_dict().ToDictionary(
            entry => entry.Key, entry => entry.Value.detach().to(ScalarType.Float32).contiguous().data<float>().ToArray());
    }
}
