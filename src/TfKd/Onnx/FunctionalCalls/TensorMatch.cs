using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Whether what a function gives is what was found, and whether it could be.</summary>
internal static class TensorMatch
{
    private const double SampleTolerance = 1e-5;

    // A function that computes the same in another way, such as a product with the reciprocal for a quotient, rounds otherwise.
    // Kept, as what is said of ElementwiseGuess.Number.
    private static readonly Scalar _tolerance = 1e-6;

    public static bool Plausible(Func<float, float> number, ReadOnlySpan<float> input, ReadOnlySpan<float> result)
    {
        for (var i = 0; i < result.Length; i++)
        {
            if (!Plausible(number(input[i]), result[i]))
                return false;
        }

        return true;
    }

    public static bool Plausible(
        Func<float, float, float> number, ReadOnlySpan<float> first, ReadOnlySpan<float> second, ReadOnlySpan<float> result)
    {
        for (var i = 0; i < result.Length; i++)
        {
            if (!Plausible(number(first[i], second[i]), result[i]))
                return false;
        }

        return true;
    }

    public static bool Same(Tensor found, Tensor expected)
    {
        if (found.dtype != expected.dtype || !found.shape.AsSpan().SequenceEqual(expected.shape))
            return false;
        using var scope = NewDisposeScope();
        return found.Equals(expected) || (found - expected).abs().le(expected.abs() * _tolerance).all().item<bool>();
    }

    public static bool CanBroadcast(long[] first, long[] second) =>
        Enumerable.Reverse(first).Zip(Enumerable.Reverse(second))
            .All(pair => pair.First == pair.Second || pair.First == 1 || pair.Second == 1);

    public static bool Broadcast(long[] first, long[] second, long[] result)
    {
        if (Math.Max(first.Length, second.Length) != result.Length || !CanBroadcast(first, second))
            return false;
        for (var i = 1; i <= result.Length; i++)
        {
            var (x, y) = (i <= first.Length ? first[^i] : 1, i <= second.Length ? second[^i] : 1);
            if (result[^i] != (x == 1 ? y : x))
                return false;
        }

        return true;
    }

    // Infinite numbers are the same, but no distance apart.
    private static bool Plausible(float number, float result) =>
        number == result || Math.Abs(number - result) <= SampleTolerance * (1 + Math.Abs(result));
}
