using System.Runtime.InteropServices;

namespace TfKd;

/// <summary>A constant of a graph under construction (onnx.proto, TensorProto).</summary>
/// <param name="Name">Its name.</param>
/// <param name="DataType">One of <see cref="OnnxDataType"/>; of texts there is an empty one only, without <paramref name="Data"/>.</param>
/// <param name="Shape">Its size in each dimension; none for a single number.</param>
/// <param name="Data">Its elements, the lowest byte first.</param>
internal sealed record OnnxConstant(string Name, int DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Data) : OnnxPart
{
    /// <summary>The parameter or buffer that it is made of, as <see cref="OnnxGraph.Weights"/> got it; null: of none.</summary>
    public string? Key { get; init; }

    /// <inheritdoc/>
    public override int Field => 5;

    /// <summary>The elements of a constant of float32.</summary>
    public ReadOnlySpan<float> Floats => MemoryMarshal.Cast<byte, float>(Data.Span);

    /// <inheritdoc/>
    public override ProtoMessage ToMessage()
    {
        var message = new ProtoMessage();
        foreach (var dimension in Shape)
            message.Integer(1, dimension);
        message.Integer(2, DataType);
        return DataType == OnnxDataType.String ? message.Text(6, "").Text(8, Name) : message.Text(8, Name).Bytes(9, Data);
    }
}
