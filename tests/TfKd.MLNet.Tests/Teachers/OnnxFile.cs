namespace TfKd.MLNet.Tests;

/// <summary>Writes small ONNX models by hand, with what this library's own exports never have.</summary>
internal static class OnnxFile
{
    private const int Float = 1;
    private const int UInt8 = 2;

    /// <summary>
    /// The mean of each channel as its score: with three channels, a classifier of red, green and blue. A side of null is free; the last
    /// output is twice the first.
    /// </summary>
    public static void WriteColours(
        string path, long?[] inputShape, string[]? outputs = null, string? classes = null, bool takesBytes = false)
    {
        outputs ??= ["scores"];
        var graph = new ProtoMessage()
            .Message(1, Node("Cast", "images", "floats", new ProtoMessage().Text(1, "to").Integer(3, Float).Integer(20, 2)))
            .Message(1, Node("GlobalAveragePool", "floats", "pooled"))
            .Message(1, Node("Flatten", "pooled", outputs[0]))
            .Text(2, "colours");
        if (outputs.Length > 1)
            graph.Message(1, new ProtoMessage().Text(1, outputs[0]).Text(1, outputs[0]).Text(2, outputs[^1]).Text(4, "Add"));
        graph.Message(11, Value("images", takesBytes ? UInt8 : Float, inputShape));
        foreach (var output in outputs)
            graph.Message(12, Value(output, Float, [inputShape[0], inputShape[1]]));
        var model = new ProtoMessage().Integer(1, 8).Message(7, graph).Message(8, new ProtoMessage().Text(1, "").Integer(2, 17));
        if (classes is not null)
            model.Message(14, new ProtoMessage().Text(1, "classes").Text(2, classes));
        using var stream = File.Create(path);
        model.WriteTo(stream);
    }

    /// <summary>One tensor as the scores, whose values are in another file.</summary>
    /// <param name="location">The other file.</param>
    /// <param name="inAttribute">Whether the tensor is a constant of a node, and not among the weights.</param>
    public static byte[] WithTensorElsewhere(string location, bool inAttribute)
    {
        var tensor = new ProtoMessage().Integer(1, 1).Integer(1, 3).Integer(2, Float).Text(8, "weights")
            .Message(13, new ProtoMessage().Text(1, "location").Text(2, location)).Integer(14, 1);
        var constant = new ProtoMessage().Text(2, "scores").Text(4, "Constant")
            .Message(5, new ProtoMessage().Text(1, "value").Message(5, tensor).Integer(20, 4));
        var copy = Node("Identity", "weights", "scores");
        var graph = inAttribute ? new ProtoMessage().Message(1, constant) : new ProtoMessage().Message(1, copy).Message(5, tensor);
        graph.Text(2, "elsewhere").Message(11, Value("images", Float, [1, 3, 8, 8])).Message(12, Value("scores", Float, [1, 3]));
        using var stream = new MemoryStream();
        new ProtoMessage().Integer(1, 8).Message(7, graph).Message(8, new ProtoMessage().Text(1, "").Integer(2, 17)).WriteTo(stream);
        return stream.ToArray();
    }

    /// <summary>The mean of all pixels of all images: a single number, which is no answer.</summary>
    public static void WriteSingleNumber(string path)
    {
        var graph = new ProtoMessage()
            .Message(1, Node("ReduceMean", "images", "mean", new ProtoMessage().Text(1, "keepdims").Integer(3, 0).Integer(20, 2)))
            .Text(2, "mean").Message(11, Value("images", Float, [null, 3, 8, 8])).Message(12, Value("mean", Float, []));
        using var stream = File.Create(path);
        new ProtoMessage().Integer(1, 8).Message(7, graph).Message(8, new ProtoMessage().Text(1, "").Integer(2, 17)).WriteTo(stream);
    }

    /// <summary>A network of one node, beside a constant of whole numbers.</summary>
    /// <param name="node">The node.</param>
    /// <param name="constant">The constant's numbers, named <c>numbers</c>.</param>
    public static byte[] OfOneNode(ProtoMessage node, params long[] constant)
    {
        var numbers = new ProtoMessage().Integer(1, constant.Length).Integer(2, 7).Text(8, "numbers")
            .Bytes(9, System.Runtime.InteropServices.MemoryMarshal.AsBytes(constant.AsSpan()).ToArray());
        var graph = new ProtoMessage().Message(1, node).Text(2, "one").Message(5, numbers)
            .Message(11, Value("images", UInt8, [null, 3, 8, 8])).Message(12, Value("scores", Float, [null, 3]));
        using var stream = new MemoryStream();
        new ProtoMessage().Integer(1, 8).Message(7, graph).Message(8, new ProtoMessage().Text(1, "").Integer(2, 17)).WriteTo(stream);
        return stream.ToArray();
    }

    private static ProtoMessage Node(string type, string input, string output, ProtoMessage? attribute = null)
    {
        var node = new ProtoMessage().Text(1, input).Text(2, output).Text(4, type);
        return attribute is null ? node : node.Message(5, attribute);
    }

    private static ProtoMessage Value(string name, int type, IEnumerable<long?> shape)
    {
        var dimensions = new ProtoMessage();
        foreach (var (side, index) in shape.Select((side, index) => (side, index)))
        {
            dimensions.Message(
                1, side is { } fixedSide ? new ProtoMessage().Integer(1, fixedSide) : new ProtoMessage().Text(2, $"free{index}"));
        }

        return new ProtoMessage().Text(1, name).Message(
            2, new ProtoMessage().Message(1, new ProtoMessage().Integer(1, type).Message(2, dimensions)));
    }
}
