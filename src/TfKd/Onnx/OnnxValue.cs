using static TorchSharp.torch;

namespace TfKd;

/// <summary>A tensor of the exported graph.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Shape">Its shape at the traced batch of one; the first dimension is the batch and free.</param>
/// <param name="Type">The type of its elements: Float32, or Byte for pixels.</param>
public sealed record OnnxValue(string Name, IReadOnlyList<long> Shape, ScalarType Type);
