using static TorchSharp.torch;

namespace TfKd;

/// <summary>Values one behind the other along a dimension.</summary>
internal static class FunctionalJoins
{
    /// <summary>The values that make a tensor, and along which dimension; null: there are none.</summary>
    /// <param name="known">The values that are tried, in this order.</param>
    /// <param name="result">The tensor.</param>
    public static (Join Layer, TracedValue[] Parts)? Find(IReadOnlyList<TracedValue> known, Tensor result)
    {
        for (var dimension = 1; dimension < result.dim(); dimension++)
        {
            var (parts, done) = (new List<TracedValue>(), 0L);
            while (done < result.shape[dimension] && Next(dimension, done) is { } part)
            {
                parts.Add(part);
                done += part.Content.shape[dimension];
            }

            if (parts.Count > 1 && done == result.shape[dimension])
                return (new Join(dimension), [.. parts]);
        }

        return null;

        TracedValue? Next(int dimension, long start) => known.FirstOrDefault(value =>
        {
            var shape = value.Content.shape;
            if (shape.Length != result.dim() || start + shape[dimension] > result.shape[dimension])
                return false;
            using var scope = NewDisposeScope();
            return TensorMatch.Same(value.Content, result.narrow(dimension, start, shape[dimension]));
        });
    }
}
