using static TorchSharp.torch;

namespace TfKd;

/// <summary>A tensor as it was at one moment of a traced pass, and what the graph calls it.</summary>
/// <param name="content">What it held; changes in place that came later do not reach it.</param>
/// <param name="write">Writes what makes it, and returns the graph's value; called once, when something reads it.</param>
internal sealed class TracedValue(Tensor content, Func<OnnxValue> write)
{
    private const int SampleCount = 4;

    private OnnxValue? _written;
    private float[]? _sample;
    private (float Low, float High)? _extremes;

    public Tensor Content => content;

    /// <summary>The function that it is the result of; null: a leaf's result, the network's input, or a constant.</summary>
    public FunctionalCall? Call { get; init; }

    /// <summary>Whether it is a parameter or buffer, or taken for a number that is the same in each pass.</summary>
    public bool IsConstant { get; init; }

    /// <summary>What to say where it is not the same in each pass; null for what is known to be.</summary>
    public string? Problem { get; init; }

    /// <summary>The graph's value.</summary>
    public OnnxValue Written => _written ??= write();

    /// <summary>A few of its elements, to rule out by what it has nothing to do with.</summary>
    public ReadOnlySpan<float> Sample => _sample ??= SampleOf(content);

    /// <summary>The smallest and the largest element.</summary>
    public (float Low, float High) Extremes => _extremes ??= ExtremesOf(content);

    /// <summary>A tensor that is to be explained.</summary>
    public static TracedValue Unknown(Tensor tensor) =>
        new(tensor.detach(), () => throw new InvalidOperationException("It is not explained yet."));

    /// <summary>Elements at places that depend on the number of elements alone.</summary>
    public static float[] SampleOf(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var flat = tensor.detach().reshape(-1).to(ScalarType.Float32);
        return [.. SamplePlaces(flat.shape[0]).Select(place => flat[place].item<float>())];
    }

    /// <summary>Where the elements of a sample stand, among so many.</summary>
    public static IEnumerable<long> SamplePlaces(long count) =>
        Enumerable.Range(0, SampleCount).Select(i => (count - 1) * i / (SampleCount - 1));

    private static (float Low, float High) ExtremesOf(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var values = tensor.to(ScalarType.Float32);
        return (values.min().item<float>(), values.max().item<float>());
    }
}
