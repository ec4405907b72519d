using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>The layers of an ONNX graph: their weights, where they are, and what cannot be taken.</summary>
public sealed class OnnxLayersTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Layers_have_their_weights_by_Torchs_names()
    {
        var layers = Layers(
            new ProtoMessage()
                .Message(5, Floats("w", 4, 3, 3, 3)).Message(5, Floats("b", 4))
                .Message(5, Floats("g", 4)).Message(5, Floats("h", 4)).Message(5, Floats("m", 4)).Message(5, Floats("v", 4))
                .Message(5, Floats("k", 4, 2)).Message(5, Floats("l", 2))
                .Message(1, Node("Conv", "c", "x", "w", "b"))
                .Message(1, Node("BatchNormalization", "n", "c", "g", "h", "m", "v").Message(5, Number("epsilon", 0.001f)))
                .Message(1, Node("GlobalAveragePool", "p", "n"))
                .Message(1, Node("Flatten", "f", "p"))
                .Message(1, Node("Gemm", "y", "f", "k", "l")),
            out var problems);
        Assert.Empty(problems);
        Assert.Equal(
            [
                "Convolution 'c' [4,3,3,3]: weight w, bias b; stride [1,1], padding [0,0], dilation [1,1], groups 1",
                "BatchNorm 'n' [4]: weight g, bias h, running_mean m, running_var v; epsilon 0.001",
                "Linear 'y' [2,4]: weight k, bias l; ",
            ],
            layers.Select(Describe));
        Assert.Equal([true, false, false], layers.Select(OnnxLayers.IsFirst));
        Assert.Equal([false, false, true], layers.Select(layer => layer.IsTransposed));
    }

    [Fact]
    public void Weights_may_be_constants_and_copies_of_them_and_an_optional_input_left_out()
    {
        var layers = Layers(
            new ProtoMessage()
                .Message(5, Floats("a", 4, 3, 1, 1))
                .Message(1, Node("Identity", "w", "a"))
                .Message(
                    1, Node("Constant", "k").Message(5, new ProtoMessage().Text(1, "value").Message(5, Floats("", 2, 4)).Integer(20, 4)))
                .Message(1, Node("Conv", "c", "x", "w", ""))
                .Message(1, Node("Gemm", "y", "c", "k").Message(5, Whole("transB", 1))),
            out var problems);
        Assert.Empty(problems);
        Assert.Equal(
            ["Convolution 'c' [4,3,1,1]: weight a; stride [1,1], padding [0,0], dilation [1,1], groups 1", "Linear 'y' [2,4]: weight ; "],
            layers.Select(Describe));
    }

    [Theory]
    [InlineData("alpha", 0.5f, true)]
    [InlineData("beta", 2f, true)]
    [InlineData("transA", 1f, true)]
    [InlineData("alpha", 1f, false)]
    [InlineData("beta", 1f, false)]
    [InlineData("transA", 0f, false)]
    public void A_product_that_scales_or_turns_is_no_linear_layer(string name, float value, bool isRefused)
    {
        var attribute = name == "transA" ? Whole(name, (long)value) : Number(name, value);
        Layers(
            new ProtoMessage().Message(5, Floats("k", 2, 4)).Message(1, Node("Gemm", "y", "x", "k").Message(5, attribute)),
            out var problems);
        Assert.Equal(isRefused ? ["Gemm 'y' scales or transposes what it reads, which no linear layer does"] : [], problems);
    }

    [Fact]
    public void A_sum_is_one_place_whichever_side_comes_first_and_whatever_it_is_called()
    {
        var places = new Dictionary<string, int>();
        var sum = LastPlace("Add", "a", "b");
        Assert.Equal(sum, LastPlace("Sum", "a", "b"));
        foreach (var operation in (string[])["Add", "Mul", "Max", "Min"])
            Assert.Equal(LastPlace(operation, "a", "b"), LastPlace(operation, "b", "a"));
        Assert.NotEqual(sum, LastPlace("Mul", "a", "b"));
        var concatenation = LastPlace("Concat", "a", "b");
        Assert.NotEqual(sum, concatenation);
        Assert.NotEqual(concatenation, LastPlace("Concat", "b", "a"));

        int LastPlace(string operation, string first, string second) => Layers(
            new ProtoMessage()
                .Message(5, Floats("v", 4, 3, 1, 1)).Message(5, Floats("w", 4, 3, 3, 3)).Message(5, Floats("k", 2, 4))
                .Message(1, Node("Conv", "a", "x", "v"))
                .Message(1, Node("Conv", "b", "x", "w"))
                .Message(1, Node(operation, "s", first, second))
                .Message(1, Node("Gemm", "y", "s", "k")),
            out _,
            places)[^1].Place;
    }

    [Fact]
    public void A_constant_is_refused_unless_it_is_one_number_or_fixed_or_before_all_layers()
    {
        var graph = new ProtoMessage()
            .Message(5, Floats("one", 1)).Message(5, Floats("fixed", 2)).Message(5, Floats("mean", 3, 1, 1))
            .Message(5, Floats("s", 4, 1, 1)).Message(5, Floats("w", 4, 3, 1, 1))
            .Message(1, Node("Sub", "u", "x", "mean"))
            .Message(1, Node("Conv", "c", "u", "w"))
            .Message(1, Node("Mul", "d", "c", "one"))
            .Message(1, Node("Mul", "e", "d", "fixed"))
            .Message(1, Node("Mul", "f", "e", "s"));
        Layers(graph, out var problems);
        Assert.Equal(
            ["Mul 'f' has constants [4,1,1], which no convolution, batch norm or linear layer of the network takes"], problems);
    }

    private static IReadOnlyList<OnnxLayer> Layers(
        ProtoMessage graph, out IReadOnlyList<string> problems, Dictionary<string, int>? places = null)
    {
        using var stream = new MemoryStream();
        new ProtoMessage().Integer(1, 8).Message(7, graph).WriteTo(stream);
        var layers = new OnnxLayers(OnnxModel.Read(stream.ToArray()), places ?? [], tensor => tensor.Name == "fixed");
        problems = layers.Problems;
        return layers.Layers;
    }

    private static string Describe(OnnxLayer layer) =>
        $"{layer}: {string.Join(", ", layer.Weights.Select(entry => $"{entry.Key} {entry.Value.Name}"))}; {layer.Settings}";

    private static ProtoMessage Node(string operation, string name, params string[] inputs)
    {
        var node = new ProtoMessage();
        foreach (var input in inputs)
            node.Text(1, input);
        return node.Text(2, name).Text(3, name).Text(4, operation);
    }

    private static ProtoMessage Number(string name, float value) => new ProtoMessage().Text(1, name).Float(2, value).Integer(20, 1);

    private static ProtoMessage Whole(string name, long value) => new ProtoMessage().Text(1, name).Integer(3, value).Integer(20, 2);

    private static ProtoMessage Floats(string name, params long[] shape)
    {
        var message = new ProtoMessage();
        foreach (var size in shape)
            message.Integer(1, size);
        return message.Integer(2, 1).Text(8, name).Bytes(9, new byte[4 * shape.Aggregate(1L, (count, size) => count * size)]);
    }
}
