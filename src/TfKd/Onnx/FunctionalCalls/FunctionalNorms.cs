using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The normalisations that are tried for a tensor, each with those parameters and buffers of the modules that have its shape.
/// </summary>
/// <param name="result">The tensor that is to be explained.</param>
/// <param name="constants">Parameters and buffers.</param>
/// <param name="known">What <see cref="FunctionalNorm.Epsilon"/> was found to be; null: not yet.</param>
internal sealed class FunctionalNorms(TracedValue result, IReadOnlyList<TracedValue> constants, double? known)
{
    // How far a value may be off while the epsilon is unknown.
    private const double Loose = 0.01;

    private readonly long[] _shape = result.Content.shape;
    private List<Form>? _forms;
    private List<SampledConstant>? _statistics;

    /// <summary>The normalisation of a value that gives the tensor, with what it reads; null: there is none.</summary>
    public (FunctionalNorm Layer, TracedValue[] Inputs)? Find(TracedValue value)
    {
        if (_shape.Length < 2 || !value.Content.shape.AsSpan().SequenceEqual(_shape))
            return null;
        foreach (var form in _forms ??= Forms())
        {
            if (Fitting(form, value) is { } found)
                return found;
        }

        return ByStatistics(value);
    }

    private List<Form> Forms()
    {
        List<Form> forms = [];
        for (var first = 1; first < _shape.Length; first++)
        {
            long[] normalized = [.. _shape[first..]];
            Add(_shape[..first], Sampled(normalized, 1), (weight, bias) => new FunctionalLayerNorm(normalized, weight, bias));
        }

        var perChannel = Channels();
        for (var groups = _shape[1]; groups > 0; groups--)
        {
            var count = groups;
            if (_shape[1] % count == 0)
                Add([_shape[0], count], perChannel, (weight, bias) => new FunctionalGroupNorm(count, weight, bias));
        }

        if (_shape.Length > 2)
            Add(_shape[..2], perChannel, (weight, bias) => new FunctionalInstanceNorm(weight, bias));
        forms.AddRange(Lengths());
        return forms;

        void Add(long[] groups, List<SampledConstant> parameters, Func<bool, bool, FunctionalNorm> make)
        {
            // One number is no group.
            if (Count(groups) == Count(_shape))
                return;
            var isPlain = IsNormal(groups);
            if (isPlain || parameters.Count > 0)
                forms.Add(new(parameters, isPlain, make));
        }
    }

    private IEnumerable<Form> Lengths()
    {
        foreach (var power in new[] { 2, 1, float.PositiveInfinity })
        {
            for (var dimension = 1; dimension < _shape.Length; dimension++)
            {
                var along = dimension;
                if (HasLength(power, along))
                    yield return new([], true, (_, _) => new FunctionalNormalize(power, along));
            }
        }
    }

    private (FunctionalNorm Layer, TracedValue[] Inputs)? Fitting(Form form, TracedValue value)
    {
        using var scope = NewDisposeScope();
        if (form.IsPlain && Exact(form.Make(false, false), value) is { } plain)
            return plain;
        if (form.Parameters.Count == 0)
            return null;
        var normal = TracedValue.SampleOf(form.Make(false, false).forward([value.Content]));
        foreach (var weight in form.Parameters.Prepend(null))
        {
            foreach (var bias in form.Parameters.Prepend(null))
            {
                if ((weight ?? bias) is not null && Plausible(i => normal[i] * (weight?.At[i] ?? 1) + (bias?.At[i] ?? 0))
                    && Exact(form.Make(weight is not null, bias is not null), [value, .. Values(weight, bias)]) is { } found)
                    return found;
            }
        }

        return null;
    }

    // Of all that could be mean, variance and weight, the bias follows.
    private (FunctionalNorm Layer, TracedValue[] Inputs)? ByStatistics(TracedValue value)
    {
        var x = value.Sample.ToArray();
        foreach (var variance in Statistics.Where(constant => Array.TrueForAll(constant.At, number => number >= 0)))
        {
            foreach (var weight in Statistics.Prepend(null))
            {
                var slope = Enumerable.Range(0, x.Length)
                    .Select(i => (weight?.At[i] ?? 1) / MathF.Sqrt(variance.At[i] + (float)FunctionalNorm.Epsilons[0])).ToArray();
                foreach (var mean in Statistics)
                {
                    foreach (var bias in Biases(i => slope[i] * (x[i] - mean.At[i])))
                    {
                        var layer = new FunctionalBatchNorm(weight is not null, bias is not null);
                        if (Exact(layer, [value, .. Values(weight, bias), mean.Value, variance.Value]) is { } found)
                            return found;
                    }
                }
            }
        }

        return null;
    }

    private List<SampledConstant> Statistics => _statistics ??= [.. Channels().OrderBy(constant => constant.At[0])];

    // What makes the tensor of numbers; they are in order.
    private IEnumerable<SampledConstant?> Biases(Func<int, float> number)
    {
        if (Plausible(number))
            yield return null;
        var (first, room) = (result.Sample[0] - number(0), Loose * (1 + Math.Abs(result.Sample[0])));
        var (place, end) = (0, Statistics.Count);
        while (place < end)
        {
            var middle = (place + end) / 2;
            (place, end) = Statistics[middle].At[0] < first - room ? (middle + 1, end) : (place, middle);
        }

        for (; place < Statistics.Count && Statistics[place] is var bias && bias.At[0] <= first + room; place++)
        {
            if (Plausible(i => number(i) + bias.At[i]))
                yield return bias;
        }
    }

    private bool Plausible(Func<int, float> number)
    {
        for (var i = 0; i < result.Sample.Length; i++)
        {
            var expected = result.Sample[i];
            if (!(Math.Abs(number(i) - expected) <= Loose * (1 + Math.Abs(expected))))
                return false;
        }

        return true;
    }

    private (FunctionalNorm Layer, TracedValue[] Inputs)? Exact(FunctionalNorm layer, params TracedValue[] inputs)
    {
        Tensor[] contents = [.. inputs.Select(input => input.Content)];
        foreach (var epsilon in known is { } found ? FunctionalNorm.Epsilons.Prepend(found) : FunctionalNorm.Epsilons)
        {
            layer.Epsilon = epsilon;
            using var scope = NewDisposeScope();
            if (TensorMatch.Same(layer.forward(contents), result.Content))
                return (layer, inputs);
        }

        return null;
    }

    private static IEnumerable<TracedValue> Values(params IEnumerable<SampledConstant?> constants) =>
        constants.OfType<SampledConstant>().Select(constant => constant.Value);

    // Whether each group has mean 0 and no more variance than 1.
    private bool IsNormal(long[] groups)
    {
        using var scope = NewDisposeScope();
        var values = result.Content.reshape([Count(groups), -1]);
        return values.mean([1L]).abs().max().item<float>() <= Loose && values.square().mean([1L]).max().item<float>() <= 1 + Loose;
    }

    // Whether the longest along a dimension has length 1; zeros have none.
    private bool HasLength(float power, int dimension)
    {
        using var scope = NewDisposeScope();
        var lengths = result.Content.norm(dimension, false, power);
        return Math.Abs(lengths.max().item<float>() - 1) <= Loose;
    }

    private List<SampledConstant> Channels() => Sampled([_shape[1]], Count(_shape[2..]));

    // Of those with the same numbers one is enough. An element of a constant stands for so many of the tensor in a row.
    private List<SampledConstant> Sampled(long[] shape, long repeats)
    {
        List<SampledConstant> found = [];
        foreach (var constant in constants.Where(constant => constant.Content.shape.AsSpan().SequenceEqual(shape)))
        {
            if (constant.Content.dtype != result.Content.dtype || found.Exists(other => other.Value.Content.Equals(constant.Content)))
                continue;
            using var scope = NewDisposeScope();
            var numbers = constant.Content.reshape(-1);
            var count = numbers.shape[0];
            found.Add(new(constant, [.. TracedValue.SamplePlaces(Count(_shape)).Select(place =>
                numbers[place / repeats % count].item<float>())]));
        }

        return found;
    }

    private static long Count(IEnumerable<long> shape) => shape.Aggregate(1L, (product, size) => product * size);

    /// <param name="Value">A parameter or buffer.</param>
    /// <param name="At">What of it goes with the sample of the tensor.</param>
    private sealed record SampledConstant(TracedValue Value, float[] At);

    /// <param name="Parameters">What could be weight or bias.</param>
    /// <param name="IsPlain">Whether it could be without both.</param>
    /// <param name="Make">Makes the layer.</param>
    private sealed record Form(List<SampledConstant> Parameters, bool IsPlain, Func<bool, bool, FunctionalNorm> Make);
}
