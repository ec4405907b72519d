using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>A constant of an ONNX file (onnx.proto, TensorProto), not read yet.</summary>
/// <param name="Name">Its name in the graph; empty where it has none.</param>
/// <param name="DataType">ONNX's number of its element type.</param>
/// <param name="Shape">Its size in each dimension.</param>
/// <param name="Data">Its elements, the lowest byte first.</param>
internal sealed record OnnxTensor(string Name, int DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Data)
{
    /// <summary>The type as Torch has it; null for what no weight has.</summary>
    public ScalarType? Type => DataType switch
    {
        1 => ScalarType.Float32,
        10 => ScalarType.Float16,
        11 => ScalarType.Float64,
        16 => ScalarType.BFloat16,
        _ => null,
    };

    /// <summary>The number of elements, or more than any file has where that is beyond counting.</summary>
    public long Count => Shape.Aggregate(1L, (count, size) => (long)Int128.Min((Int128)count * Math.Max(size, 0), long.MaxValue));

    /// <summary>Copies the elements into a tensor on the CPU, which is the caller's.</summary>
    /// <exception cref="InvalidDataException">The elements are of no type that weights have, or not as many as the shape says.</exception>
    public Tensor ToTensor()
    {
        if (Type is not { } type)
            throw new InvalidDataException($"expected floating-point elements in tensor '{Name}', found those of ONNX's type {DataType}.");
        var expected = (Int128)Count * SizeOf(type);
        if (expected != Data.Length || Shape.Any(size => size < 0))
        {
            throw new InvalidDataException(
                $"expected {expected} bytes in tensor '{Name}' of shape [{string.Join(',', Shape)}], found {Data.Length}.");
        }

        var tensor = empty([.. Shape], type, CPU);
        tensor.bytes = Data.Span.ToArray();
        return tensor;
    }

    private static int SizeOf(ScalarType type) => type switch { ScalarType.Float64 => 8, ScalarType.Float32 => 4, _ => 2 };
}
