using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Draws training rows of other classes than given ones. A row that has no label, or may have several, is a class of its own.
/// </summary>
internal sealed class OtherClassRows : IDisposable
{
    // All rows, class by class; and of each row where its class begins there, and how many rows it has.
    private readonly Tensor _order;
    private readonly Tensor _starts;
    private readonly Tensor _counts;

    /// <param name="labels">The label of each row.</param>
    /// <param name="device">Where rows are drawn.</param>
    public OtherClassRows(IReadOnlyList<int> labels, Device device)
    {
        var classes = labels.Select((label, row) => label >= 0 ? label : (long)int.MaxValue + 1 + row).ToArray();
        var order = Enumerable.Range(0, labels.Count).OrderBy(row => classes[row]).Select(row => (long)row).ToArray();
        var (starts, counts) = (new long[labels.Count], new long[labels.Count]);
        for (var start = 0; start < order.Length;)
        {
            var end = start;
            while (end < order.Length && classes[order[end]] == classes[order[start]])
                end++;
            foreach (var row in order.AsSpan(start, end - start))
                (starts[row], counts[row]) = (start, end - start);
            start = end;
        }

        HasOthers = counts.All(count => count < labels.Count);
        _order = Keep(order);
        _starts = Keep(starts);
        _counts = Keep(counts);

        Tensor Keep(long[] values) => tensor(values, device: device).DetachFromDisposeScope();
    }

    /// <summary>Whether there is more than one class.</summary>
    public bool HasOthers { get; }

    /// <summary>Draws from Torch's global generator, uniformly and with replacement.</summary>
    /// <param name="rows">[N], int64.</param>
    /// <param name="count">How many for each.</param>
    /// <returns>[N,count], int64.</returns>
    public Tensor Draw(Tensor rows, int count)
    {
        using var scope = NewDisposeScope();
        var (start, own) = (_starts.index_select(0, rows).unsqueeze(1), _counts.index_select(0, rows).unsqueeze(1));
        var others = _order.shape[0] - own;
        var drawn = (rand(rows.shape[0], count, ScalarType.Float64, rows.device) * others).to(ScalarType.Int64);
        // The product may be rounded up to the number itself.
        var place = minimum(drawn, others - 1);
        place = where(place.lt(start), place, place + own);
        return _order.index_select(0, place.flatten()).view_as(place).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _order.Dispose();
        _starts.Dispose();
        _counts.Dispose();
    }
}
