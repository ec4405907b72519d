using static TorchSharp.torch;

namespace TfKd;

/// <summary>What a .safetensors header says of one tensor.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Shape">Its size in each dimension; empty for a scalar.</param>
/// <param name="Offset">Where its values begin, counted from the end of the header.</param>
/// <param name="ByteCount">How many bytes its values take.</param>
public sealed record SafeTensorInfo(string Name, ScalarType Type, IReadOnlyList<long> Shape, long Offset, long ByteCount);
