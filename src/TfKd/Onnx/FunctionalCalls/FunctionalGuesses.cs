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
    public static IReadOnlyList<ElementwiseGuess> Activations { get; } =
    [
        new(() => nn.ReLU(), x => MathF.Max(x, 0)), new(() => nn.SiLU(), x => x * Sigmoid(x)), new(() => nn.GELU()),
        new(() => nn.GELU(TorchSharp.Modules.GELU.Approximate.tanh)), new(() => nn.Sigmoid(), Sigmoid), new(() => nn.Tanh(), MathF.Tanh),
        new(() => nn.Hardswish(), x => x * HardSigmoid(x)), new(() => nn.Hardsigmoid(), HardSigmoid),
        new(() => nn.ReLU6(), x => Math.Clamp(x, 0, 6)), new(() => nn.LeakyReLU(), x => x > 0 ? x : 0.01f * x),
        new(() => nn.ELU(), x => x > 0 ? x : MathF.Exp(x) - 1), new(() => nn.SELU()), new(() => nn.Softplus(), Softplus),
        new(() => nn.Mish(), x => x * MathF.Tanh(Softplus(x))), new(() => nn.Softsign(), x => x / (1 + MathF.Abs(x))),
        new(() => new UnaryFunction("Abs", x => x.abs()), MathF.Abs), new(() => new UnaryFunction("Neg", x => -x), x => -x),
        new(() => new UnaryFunction("Exp", x => x.exp()), MathF.Exp), new(() => new UnaryFunction("Sqrt", x => x.sqrt()), MathF.Sqrt),
        new(() => new UnaryFunction("Reciprocal", x => x.reciprocal()), x => 1 / x),
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

            foreach (var activation in Activations)
                yield return (activation.Make(), [first]);
            if (first.Content.dim() == 4)
                yield return (nn.AdaptiveAvgPool2d(1), [first]);
        }
    }

    /// <summary>Functions of each number by itself that the samples of two values allow.</summary>
    public static IEnumerable<ElementwiseGuess> Elementwise(TracedValue input, TracedValue result)
    {
        IEnumerable<ElementwiseGuess> all =
            [.. Activations, .. Limits(result), .. Slopes(input.Sample, result.Sample), .. Lines(input.Sample, result.Sample)];
        return all.Where(guess => guess.Number is not { } number || TensorMatch.Plausible(number, input.Sample, result.Sample));
    }

    // One-sided ones first, which two-sided ones with the sample's extreme would pass for.
    private static IEnumerable<ElementwiseGuess> Limits(TracedValue result)
    {
        var (low, high) = result.Extremes;
        if (!float.IsFinite(low) || !float.IsFinite(high))
            return [];
        return [Between(low, float.PositiveInfinity), Between(float.NegativeInfinity, high), Between(low, high)];
    }

    private static IEnumerable<ElementwiseGuess> Slopes(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        for (var i = 0; i < x.Length; i++)
        {
            if (x[i] < 0 && y[i] < 0)
            {
                return Near(y[i] / (double)x[i])
                    .Select(slope => new ElementwiseGuess(() => nn.LeakyReLU(slope), number => number > 0 ? number : slope * number));
            }
        }

        return [];
    }

    // Through two points; the numbers are usually short ones.
    private static List<ElementwiseGuess> Lines(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        List<ElementwiseGuess> lines = [];
        if (x[0] == 0 || x[0] == x[^1])
            return lines;
        lines.AddRange(Near(y[0] / (double)x[0]).Select(scale => Line(scale, 0)));
        lines.AddRange(Near((double)y[0] - x[0]).Select(shift => Line(1, shift)));
        lines.AddRange(Near((double)y[0] + x[0]).Select(shift => Line(-1, shift)));
        foreach (var scale in Near(((double)y[^1] - y[0]) / ((double)x[^1] - x[0])))
            lines.AddRange(Near(y[0] - scale * (double)x[0]).Select(shift => Line(scale, shift)));
        return lines;
    }

    private static ElementwiseGuess Between(float low, float high) => new(() => new Clamp(low, high), x => Math.Clamp(x, low, high));

    private static ElementwiseGuess Line(float scale, float shift) => new(() => new ScaleAndShift(scale, shift), x => x * scale + shift);

    private static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));

    private static float HardSigmoid(float x) => Math.Clamp(x + 3, 0, 6) / 6;

    private static float Softplus(float x) => x > 20 ? x : MathF.Log(1 + MathF.Exp(x));

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

/// <summary>A function of each number by itself that is tried.</summary>
/// <param name="Make">Makes it as a layer.</param>
/// <param name="Number">
/// What it makes of a number, which rules out nearly all without a layer; null: only the layer tells. TorchSharp lets a scalar that is made
/// for one call be collected while libtorch reads it, and of layers with numbers very many would be tried.
/// </param>
internal sealed record ElementwiseGuess(Func<nn.Module<Tensor, Tensor>> Make, Func<float, float>? Number = null);
