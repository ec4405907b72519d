using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Collects the value of each named term of the objective, so that a run can show them apart.</summary>
public sealed class LossLog
{
    private readonly Dictionary<string, (double Sum, long Count)> _terms = [];

    /// <summary>Adds the current value of a term; the tensor is a scalar and stays the caller's.</summary>
    public void Record(string term, Tensor value)
    {
        ArgumentNullException.ThrowIfNull(term);
        ArgumentNullException.ThrowIfNull(value);
        using var scope = NewDisposeScope();
        var (sum, count) = _terms.GetValueOrDefault(term);
        _terms[term] = (sum + value.detach().to(ScalarType.Float64).item<double>(), count + 1);
    }

    /// <summary>The mean of each term since the last <see cref="Clear"/>, in the order of first appearance.</summary>
    public IReadOnlyDictionary<string, double> Means => _terms.ToDictionary(term => term.Key, term => term.Value.Sum / term.Value.Count);

    /// <summary>Forgets all values.</summary>
    public void Clear() => _terms.Clear();
}
