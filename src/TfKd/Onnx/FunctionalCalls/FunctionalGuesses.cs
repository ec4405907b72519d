using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The functions that are tried for a tensor that no layer returned, as layers. Each is a guess until it is computed and compared.
/// </summary>
internal static class FunctionalGuesses
{
    /// <summary>Functions of one tensor that could give a result, but for those of each number by itself.</summary>
    public static IEnumerable<nn.Module<Tensor, Tensor>> Of(Tensor input, Tensor result)
    {
        long[] from = input.shape, to = result.shape;
        if (from.Length == 0 || to.Length == 0 || from[0] != to[0])
            yield break;
        foreach (var guess in FunctionalShapes.Of(input, result))
            yield return guess;
        for (var dimension = 1; dimension < from.Length && from.SequenceEqual(to); dimension++)
        {
            yield return nn.Softmax(dimension);
            yield return nn.LogSoftmax(dimension);
        }
    }

    /// <summary>Activations without a number of their own.</summary>
    public static IEnumerable<nn.Module<Tensor, Tensor>> Activations() =>
    [
        nn.ReLU(), nn.SiLU(), nn.GELU(), nn.GELU(TorchSharp.Modules.GELU.Approximate.tanh), nn.Sigmoid(), nn.Tanh(), nn.Hardswish(),
        nn.Hardsigmoid(), nn.ReLU6(), nn.LeakyReLU(), nn.ELU(), nn.SELU(), nn.Softplus(), nn.Mish(), nn.Softsign(),
        new UnaryFunction("Abs", x => x.abs()), new UnaryFunction("Neg", x => -x), new UnaryFunction("Exp", x => x.exp()),
        new UnaryFunction("Sqrt", x => x.sqrt()), new UnaryFunction("Reciprocal", x => x.reciprocal()),
    ];

    /// <summary>What is tried for the first of two functions of which no tensor between them is left, of one value or two.</summary>
    /// <param name="latest">The values.</param>
    public static IEnumerable<(nn.Module Layer, TracedValue[] Inputs)> FirstSteps(IReadOnlyList<TracedValue> latest)
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

            foreach (var activation in Activations())
                yield return (activation, [first]);
            if (first.Content.dim() == 4)
                yield return (nn.AdaptiveAvgPool2d(1), [first]);
        }
    }

    /// <summary>Functions of each number by itself.</summary>
    public static IEnumerable<nn.Module<Tensor, Tensor>> Elementwise(TracedValue input, TracedValue result) =>
        [.. Activations(), .. Limits(result), .. Slopes(input.Sample, result.Sample), .. Lines(input.Sample, result.Sample)];

    // One-sided ones first, which two-sided ones with the sample's extreme would pass for.
    private static IEnumerable<nn.Module<Tensor, Tensor>> Limits(TracedValue result)
    {
        var (low, high) = result.Extremes;
        if (!float.IsFinite(low) || !float.IsFinite(high))
            return [];
        return [new Clamp(low, float.PositiveInfinity), new Clamp(float.NegativeInfinity, high), new Clamp(low, high)];
    }

    private static IEnumerable<nn.Module<Tensor, Tensor>> Slopes(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        for (var i = 0; i < x.Length; i++)
        {
            if (x[i] < 0 && y[i] < 0)
                return Near(y[i] / (double)x[i]).Select(slope => nn.LeakyReLU(slope));
        }

        return [];
    }

    // Through two points; the numbers are usually short ones.
    private static List<nn.Module<Tensor, Tensor>> Lines(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        List<nn.Module<Tensor, Tensor>> lines = [];
        if (x[0] == 0 || x[0] == x[^1])
            return lines;
        lines.AddRange(Near(y[0] / (double)x[0]).Select(scale => new ScaleAndShift(scale, 0)));
        lines.AddRange(Near((double)y[0] - x[0]).Select(shift => new ScaleAndShift(1, shift)));
        lines.AddRange(Near((double)y[0] + x[0]).Select(shift => new ScaleAndShift(-1, shift)));
        foreach (var scale in Near(((double)y[^1] - y[0]) / ((double)x[^1] - x[0])))
            lines.AddRange(Near(y[0] - scale * (double)x[0]).Select(shift => new ScaleAndShift(scale, shift)));
        return lines;
    }

    private static IEnumerable<float> Near(double value)
    {
        if (!double.IsFinite(value) || value == 0)
            return [];
        var digits = Math.Floor(Math.Log10(Math.Abs(value)));
        var shorts = Enumerable.Range(1, 3).Select(half => 2 * half).Select(count =>
        {
            var unit = Math.Pow(10, digits - count + 1);
            return (float)(Math.Round(value / unit) * unit);
        });
        return shorts.Append((float)value).Append(MathF.BitIncrement((float)value)).Append(MathF.BitDecrement((float)value)).Distinct();
    }
}
