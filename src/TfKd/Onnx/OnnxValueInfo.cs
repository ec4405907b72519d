namespace TfKd;

/// <summary>What a graph says of one of its inputs or outputs (onnx.proto, ValueInfoProto).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its size in each dimension; 0 for what is free.</param>
internal sealed record OnnxValueInfo(string Name, IReadOnlyList<long> Shape)
{
    /// <exception cref="InvalidDataException">The bytes are no such message.</exception>
    public static OnnxValueInfo Read(ReadOnlySpan<byte> content)
    {
        var (name, shape) = ("", new List<long>());
        for (var fields = new ProtoFields(content); fields.Next();)
        {
            if (fields.Number == 1)
                name = fields.Text;
            else if (fields.Number == 2)
                ReadType(fields.Bytes, shape);
        }

        return new(name, shape);
    }

    private static void ReadType(ReadOnlySpan<byte> type, List<long> shape)
    {
        for (var fields = new ProtoFields(type); fields.Next();)
        {
            // That of a tensor.
            if (fields.Number != 1)
                continue;
            for (var tensor = new ProtoFields(fields.Bytes); tensor.Next();)
            {
                if (tensor.Number == 2)
                    ReadShape(tensor.Bytes, shape);
            }
        }
    }

    private static void ReadShape(ReadOnlySpan<byte> dimensions, List<long> shape)
    {
        for (var fields = new ProtoFields(dimensions); fields.Next();)
        {
            var size = 0L;
            for (var dimension = new ProtoFields(fields.Bytes); dimension.Next();)
            {
                if (dimension.Number == 1)
                    size = (long)dimension.Value;
            }

            shape.Add(size);
        }
    }
}
