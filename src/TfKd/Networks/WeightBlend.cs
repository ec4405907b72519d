using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Moves one set of weights towards another.</summary>
internal static class WeightBlend
{
    /// <summary>
    /// Moves the whole way, or a fraction of it. What cannot be averaged, counters, is taken over.
    /// </summary>
    /// <param name="weights">What is moved, in place.</param>
    /// <param name="target">What it moves to; has all of its keys.</param>
    /// <param name="fraction">0: not at all, 1: the whole way.</param>
    public static void Move(
        IEnumerable<KeyValuePair<string, Tensor>> weights, IReadOnlyDictionary<string, Tensor> target, double fraction)
    {
        using var noGradient = no_grad();
        foreach (var (key, tensor) in weights)
        {
            if (fraction == 1 || !tensor.is_floating_point())
                tensor.copy_(target[key]);
            else
                tensor.lerp_(target[key], fraction);
        }
    }
}
