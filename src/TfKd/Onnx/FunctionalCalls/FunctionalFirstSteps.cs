using static TorchSharp.torch;

namespace TfKd;

/// <summary>What is tried for the first of two functions of which no tensor between them is left.</summary>
internal static class FunctionalFirstSteps
{
    /// <summary>Functions of one value or two.</summary>
    /// <param name="latest">The values.</param>
    public static IEnumerable<(nn.Module Layer, TracedValue[] Inputs)> Of(IReadOnlyList<TracedValue> latest)
    {
        foreach (var first in latest)
        {
            foreach (var second in latest)
            {
                foreach (var (layer, _) in FunctionalPairs.Symmetric)
                {
                    if (TensorMatch.CanBroadcast(first.Content.shape, second.Content.shape))
                        yield return (layer, [first, second]);
                }
            }

            foreach (var activation in FunctionalGuesses.Activations())
                yield return (activation, [first]);
            if (first.Content.dim() == 4)
                yield return (nn.AdaptiveAvgPool2d(1), [first]);
        }
    }
}
