using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>
/// Writes a ResNet of four stages as the Microsoft Cognitive Toolkit wrote those of the image featurisers' packages: names without a
/// meaning, weights as lists of floats, the convolution beside a block's own before these, paddings that differ on both sides, blue first,
/// and no classifier.
/// </summary>
internal sealed class CntkResNet
{
    private readonly ProtoMessage _graph = new();
    private readonly Dictionary<string, Tensor> _state;
    private int _number = 240;

    private CntkResNet(Dictionary<string, Tensor> state) => _state = state;

    /// <param name="network">A <see cref="ResNet"/>; the file has its weights, with the first convolution's input channels turned round.</param>
    /// <param name="strideInFirst">Whether a bottleneck's first convolution has its stride, and not the second.</param>
    public static byte[] Write(ImageNetwork network, bool strideInFirst = false)
    {
        using var scope = NewDisposeScope();
        var writer = new CntkResNet(network.Body.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.detach()));
        writer.AddNodes(strideInFirst);
        using var stream = new MemoryStream();
        new ProtoMessage().Integer(1, 3).Text(2, "CNTK").Text(3, "2.6").Message(7, writer._graph.Text(2, "CNTKGraph"))
            .Message(8, new ProtoMessage().Text(1, "").Integer(2, 8))
            .WriteTo(stream);
        return stream.ToArray();
    }

    private void AddNodes(bool strideInFirst)
    {
        _state["conv1.weight"] = _state["conv1.weight"].flip(1);
        var x = Node("MaxPool", [Relu(Norm("bn1", Convolution("conv1", "Input247", 2)))]);
        for (var stage = 1; stage <= 4; stage++)
        {
            for (var block = 0; _state.ContainsKey($"layer{stage}.{block}.conv1.weight"); block++)
                x = Block($"layer{stage}.{block}", x, stage > 1 && block == 0 ? 2 : 1, strideInFirst);
        }

        Node("AveragePool", [x]);
    }

    private string Block(string path, string x, int stride, bool strideInFirst)
    {
        var beside = _state.ContainsKey($"{path}.downsample.0.weight")
            ? Norm($"{path}.downsample.1", Convolution($"{path}.downsample.0", x, stride))
            : x;
        var isBottleneck = _state.ContainsKey($"{path}.conv3.weight");
        var inFirst = !isBottleneck || strideInFirst;
        var y = Relu(Norm($"{path}.bn1", Convolution($"{path}.conv1", x, inFirst ? stride : 1)));
        y = Norm($"{path}.bn2", Convolution($"{path}.conv2", y, inFirst ? 1 : stride));
        if (isBottleneck)
            y = Norm($"{path}.bn3", Convolution($"{path}.conv3", Relu(y), 1));
        return Relu(Node("Add", [y, beside]));
    }

    private string Convolution(string path, string x, int stride)
    {
        var weight = _state[$"{path}.weight"];
        var kernel = weight.shape[2];
        var (before, behind) = (kernel / 2, kernel / 2 - (stride > 1 && kernel > 1 ? 1 : 0));
        return Node(
            "Conv",
            [x, Constant(weight)],
            OnnxArgument.Of("kernel_shape", [kernel, kernel]),
            OnnxArgument.Of("strides", [stride, stride]),
            OnnxArgument.Of("pads", [before, before, behind, behind]));
    }

    private string Norm(string path, string x) => Node(
        "BatchNormalization",
        [x, .. new[] { "weight", "bias", "running_mean", "running_var" }.Select(name => Constant(_state[$"{path}.{name}"]))],
        OnnxArgument.Of("epsilon", 1e-5));

    private string Relu(string x) => Node("Relu", [x]);

    private string Constant(Tensor tensor)
    {
        var name = $"Parameter{_number++}";
        var message = new ProtoMessage();
        foreach (var size in tensor.shape)
            message.Integer(1, size);
        _graph.Message(5, message.Integer(2, 1).Bytes(4, tensor.contiguous().bytes.ToArray()).Text(8, name));
        return name;
    }

    private string Node(string operation, IReadOnlyList<string> inputs, params IReadOnlyList<OnnxArgument> arguments)
    {
        var name = $"{operation}{_number++}";
        var node = new ProtoMessage();
        foreach (var input in inputs)
            node.Text(1, input);
        node.Text(2, $"{name}_Output_0").Text(3, name).Text(4, operation);
        foreach (var argument in arguments)
            node.Message(5, argument.Message);
        _graph.Message(1, node);
        return $"{name}_Output_0";
    }
}
