namespace TfKd.MLNet;

/// <summary>
/// Decodes the images of rows block by block, side by side, and appends them to the cache in the order of the rows; those that another
/// process decodes it appends with their file alone.
/// </summary>
/// <param name="cache">Takes the rows.</param>
/// <param name="reader">Reads the images of the rows.</param>
/// <param name="scores">Reads another model's scores of the rows; null: there are none.</param>
/// <param name="undecodable">What is done with images that cannot be decoded.</param>
/// <param name="share">Which rows this process decodes; null: all.</param>
internal sealed class BlockDecoder(
    DecodedCache cache, ImageColumnReader reader, TeacherScoreColumn.Reader? scores, UndecodableImages undecodable,
    DecodingShare? share)
{
    private const int BlockRows = 64;
    private const int ReasonsShown = 3;

    private readonly DecodeBlock _block = new(cache.Shape, BlockRows);
    private readonly float[] _scores = new float[BlockRows * (scores?.Count ?? 0)];
    private readonly List<Pending> _pending = new(BlockRows);

    /// <summary>Rows that were left out so far.</summary>
    public int Skipped { get; private set; }

    /// <summary>Why the first few of them were.</summary>
    public List<string> Reasons { get; } = [];

    /// <summary>Adds the row that the readers' cursor stands on.</summary>
    /// <exception cref="ImageDecodingException">An image of the block cannot be decoded, and they are not to be skipped.</exception>
    public void Add(long row, RowLabel label, float weight)
    {
        // The cursor's memory is its own.
        var file = reader.ReadPath() is { IsEmpty: false } path ? path.ToString() : null;
        scores?.Read(ScoresOf(_pending.Count));
        var isDecoded = share?.Has(cache.Count + _pending.Count) ?? true;
        _pending.Add(new(row, label, weight, file, isDecoded ? _block.Count : null));
        if (isDecoded)
            reader.AddTo(_block);
        if (_block.IsFull || _pending.Count == BlockRows)
            Flush();
    }

    /// <summary>Decodes and appends the rows that were added last.</summary>
    /// <exception cref="ImageDecodingException">An image of the block cannot be decoded, and they are not to be skipped.</exception>
    public void Flush()
    {
        _block.Decode();
        for (var i = 0; i < _pending.Count; i++)
        {
            var (_, label, weight, file, place) = _pending[i];
            if (place is not { } decoded)
                cache.AddFile(file ?? "", label.Label, weight, ScoresOf(i));
            else if (_block.ErrorOf(decoded) is { } reason)
                PassOver(i, reason);
            else if (label.Labels is { } labels)
                cache.Add(_block.PixelsOf(decoded), labels, weight, ScoresOf(i), file);
            else
                cache.Add(_block.PixelsOf(decoded), label.Label, weight, ScoresOf(i), file);
        }

        _pending.Clear();
        _block.Clear();
    }

    private void PassOver(int i, Exception reason)
    {
        var (row, label, weight, file, _) = _pending[i];
        var described = reader.Describe(row, file.AsMemory(), reason);
        if (undecodable == UndecodableImages.Throw)
            throw described;
        if (Skipped++ < ReasonsShown)
            Reasons.Add(described.Message);
        if (share is null)
            return;
        // Rows have the same numbers in each process.
        share.AddUnreadable(cache, cache.Count);
        cache.AddFile(file ?? "", label.Label, weight, ScoresOf(i));
    }

    private Span<float> ScoresOf(int row) => _scores.AsSpan(row * (scores?.Count ?? 0), scores?.Count ?? 0);

    /// <param name="Row">Its number in the data.</param>
    /// <param name="Label">Its label.</param>
    /// <param name="Weight">How much it counts.</param>
    /// <param name="File">Its image's file; null: not known.</param>
    /// <param name="Place">Its place in the block; null: another process decodes it.</param>
    private readonly record struct Pending(long Row, RowLabel Label, float Weight, string? File, int? Place);
}
