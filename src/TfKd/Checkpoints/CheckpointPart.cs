using static TorchSharp.torch;

namespace TfKd;

/// <summary>Something with tensors of its own that a run must find again: a network, an optimiser, a teacher.</summary>
/// <param name="Prefix">What its names begin with in the file.</param>
/// <param name="Read">Gives the tensors under the names that <paramref name="Load"/> knows; they stay the part's.</param>
/// <param name="Load">Puts tensors back; they stay the caller's.</param>
internal sealed record CheckpointPart(
    string Prefix, Func<IEnumerable<KeyValuePair<string, Tensor>>> Read, Action<IReadOnlyDictionary<string, Tensor>> Load);
