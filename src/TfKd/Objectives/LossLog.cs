using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Collects the value of each named term of the objective, so that a run can show them apart. The sums stay where the values are: recording
/// does not wait for the device, only reading does.
/// </summary>
public sealed class LossLog : IDisposable
{
    private readonly OrderedDictionary<string, (Tensor Sum, double Count)> _terms = [];

    /// <summary>How much a value counts that is recorded now; below 1 where it is of a part of a step only.</summary>
    internal double Share { get; set; } = 1;

    /// <summary>Takes what is recorded, too; it stays its owner's. Default null: there is none.</summary>
    internal LossLog? Copy { get; set; }

    /// <summary>Adds the current value of a term; the tensor is a scalar and stays the caller's.</summary>
    public void Record(string term, Tensor value)
    {
        ArgumentNullException.ThrowIfNull(term);
        ArgumentNullException.ThrowIfNull(value);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var counted = Share == 1 ? value : value.to(ScalarType.Float64) * Share;
        if (_terms.TryGetValue(term, out var total))
            total.Sum.add_(counted);
        else
            total.Sum = counted.to(ScalarType.Float64, copy: true).DetachFromDisposeScope();
        _terms[term] = (total.Sum, total.Count + Share);
        Copy?.Record(term, value);
    }

    /// <summary>
    /// The mean of each term since the last <see cref="Clear"/>, in the order of first appearance. A term that appears twice in an
    /// objective counts as two values.
    /// </summary>
    public IReadOnlyDictionary<string, double> Means
    {
        get
        {
            var means = new OrderedDictionary<string, double>();
            foreach (var (term, total) in _terms)
                means.Add(term, total.Sum.item<double>() / total.Count);
            return means;
        }
    }

    /// <summary>All that the log holds, in the order of first appearance.</summary>
    internal IReadOnlyList<LossSum> Sums =>
        [.. _terms.Select(term => new LossSum(term.Key, term.Value.Sum.item<double>(), term.Value.Count))];

    /// <summary>Replaces all that the log holds.</summary>
    /// <param name="sums">What <see cref="Sums"/> gave.</param>
    /// <param name="device">Where values will be.</param>
    internal void Restore(IEnumerable<LossSum> sums, Device device)
    {
        Clear();
        using var scope = NewDisposeScope();
        foreach (var sum in sums)
            _terms[sum.Term] = (tensor(sum.Sum, ScalarType.Float64, device).DetachFromDisposeScope(), sum.Count);
    }

    /// <summary>Forgets all values.</summary>
    public void Clear()
    {
        foreach (var total in _terms.Values)
            total.Sum.Dispose();
        _terms.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();
}
