namespace TfKd;

/// <summary>Some rows of a source, in a given order.</summary>
public sealed class SourceSubset : IImageSource, IRowsOfAnother
{
    private readonly IImageSource _source;
    private readonly int[] _rows;

    /// <summary>Takes the rows' numbers in the source.</summary>
    public SourceSubset(IImageSource source, IEnumerable<int> rows)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(rows);
        (_source, _rows) = (source, [.. rows]);
        foreach (var row in _rows)
        {
            if (row < 0 || row >= source.Count)
                throw new ArgumentOutOfRangeException(nameof(rows), row, $"Rows must be within [0, {source.Count}), but one is {row}.");
        }
    }

    /// <inheritdoc/>
    public int Count => _rows.Length;

    /// <summary>The rows that have a label: the source itself where all have.</summary>
    internal static IImageSource OfLabelled(IImageSource source)
    {
        int[] rows = [.. Enumerable.Range(0, source.Count).Where(row => source.GetLabel(row) != Targets.Unlabelled)];
        return rows.Length == source.Count ? source : new SourceSubset(source, rows);
    }

    /// <inheritdoc/>
    public ImageShape Shape => _source.Shape;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames => _source.ClassNames;

    /// <inheritdoc/>
    public int GetLabel(int row) => _source.GetLabel(_rows[row]);

    /// <inheritdoc/>
    public void ReadPixels(int row, Span<byte> pixels) => _source.ReadPixels(_rows[row], pixels);

    int IRowsOfAnother.OriginOf(int row) => RowOrigin.Of(_source, _rows[row]);

    /// <inheritdoc/>
    public SampleExtras? Extras => _source.Extras?.Select(_rows);
}
