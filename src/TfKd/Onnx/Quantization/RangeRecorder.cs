using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Looks at what leaves return: first where the extremes are, then how often a value is where between them.</summary>
/// <param name="wanted">Which calls to look at, by their place in the order of calls.</param>
internal sealed class RangeRecorder(IReadOnlySet<int> wanted) : ILeafVisitor
{
    private readonly Dictionary<int, ActivationRange> _extremes = [];
    private readonly Dictionary<int, double[]> _counts = [];
    private readonly List<string> _paths = [];

    /// <summary>Whether bins are filled, after all extremes are known.</summary>
    public bool Counts { get; set; }

    /// <summary>The paths of the leaves that were called since <see cref="Begin"/>.</summary>
    public IReadOnlyList<string> Paths => _paths;

    /// <summary>Before each pass of a batch through the network.</summary>
    public void Begin() => _paths.Clear();

    /// <summary>The range of each value that was looked at, when all bins are filled.</summary>
    public IReadOnlyDictionary<int, ActivationRange> ChooseRanges() => _extremes.ToDictionary(
        entry => entry.Key, entry => new ValueHistogram(entry.Value, _counts[entry.Key]).Choose());

    Tensor[] ILeafVisitor.Enter(LeafModule leaf, params Tensor[] inputs) => inputs;

    Tensor ILeafVisitor.Leave(LeafModule leaf, Tensor output)
    {
        var call = _paths.Count;
        _paths.Add(leaf.Path);
        if (!wanted.Contains(call))
            return output;
        using var scope = NewDisposeScope();
        var values = output.detach().to(ScalarType.Float32);
        if (Counts)
            Count(call, values);
        else
            Extend(call, values, leaf.Path);
        return output;
    }

    private void Extend(int call, Tensor values, string path)
    {
        var (low, high) = (values.min().item<float>(), values.max().item<float>());
        if (!float.IsFinite(low) || !float.IsFinite(high))
        {
            throw new ArithmeticException(
                $"The output of '{path}' is not finite for a calibration image: it reaches from {low} to {high}.");
        }

        var before = _extremes.GetValueOrDefault(call);
        _extremes[call] = new(Math.Min(before.Low, low), Math.Max(before.High, high));
    }

    private void Count(int call, Tensor values)
    {
        if (!_counts.TryGetValue(call, out var counts))
            _counts[call] = counts = new double[ValueHistogram.BinCount];
        var (low, high) = _extremes[call];
        // Bins of no width have nothing to say.
        if (high <= low)
            return;
        // TorchSharp's bounds are integers.
        var places = (values.flatten() - low) * (counts.Length / (high - low));
        var bins = places.histc(counts.Length, 0, counts.Length).cpu().data<float>();
        for (var bin = 0; bin < counts.Length; bin++)
            counts[bin] += bins[bin];
    }
}
