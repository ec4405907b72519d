namespace TfKd.MLNet;

/// <summary>Decodes the images of rows block by block, side by side, and appends them to the cache in the order of the rows.</summary>
/// <param name="cache">Takes the rows.</param>
/// <param name="reader">Reads the images of the rows.</param>
/// <param name="scores">Reads another model's scores of the rows; null: there are none.</param>
/// <param name="undecodable">What is done with images that cannot be decoded.</param>
internal sealed class BlockDecoder(
    DecodedCache cache, ImageColumnReader reader, TeacherScoreColumn.Reader? scores, UndecodableImages undecodable)
{
    private const int BlockRows = 64;
    private const int ReasonsShown = 3;

    private readonly DecodeBlock _block = new(cache.Shape, BlockRows);
    private readonly float[] _scores = new float[BlockRows * (scores?.Count ?? 0)];
    private readonly (long Row, RowLabel Label, float Weight, string? File)[] _pending =
        new (long, RowLabel, float, string?)[BlockRows];

    /// <summary>Rows that were left out so far.</summary>
    public int Skipped { get; private set; }

    /// <summary>Why the first few of them were.</summary>
    public List<string> Reasons { get; } = [];

    /// <summary>Adds the row that the readers' cursor stands on.</summary>
    /// <exception cref="ImageDecodingException">An image of the block cannot be decoded, and they are not to be skipped.</exception>
    public void Add(long row, RowLabel label, float weight)
    {
        // The cursor's memory is its own.
        _pending[_block.Count] = (row, label, weight, reader.ReadPath() is { IsEmpty: false } path ? path.ToString() : null);
        scores?.Read(ScoresOf(_block.Count));
        reader.AddTo(_block);
        if (_block.IsFull)
            Flush();
    }

    /// <summary>Decodes and appends the rows that were added last.</summary>
    /// <exception cref="ImageDecodingException">An image of the block cannot be decoded, and they are not to be skipped.</exception>
    public void Flush()
    {
        _block.Decode();
        for (var i = 0; i < _block.Count; i++)
        {
            var (row, _, _, file) = _pending[i];
            if (_block.ErrorOf(i) is not { } reason)
                Append(_block.PixelsOf(i), i);
            else if (undecodable == UndecodableImages.Throw)
                throw reader.Describe(row, file.AsMemory(), reason);
            else if (Skipped++ < ReasonsShown)
                Reasons.Add(reader.Describe(row, file.AsMemory(), reason).Message);
        }

        _block.Clear();
    }

    private void Append(ReadOnlySpan<byte> pixels, int i)
    {
        var (_, label, weight, file) = _pending[i];
        if (label.Labels is { } labels)
            cache.Add(pixels, labels, weight, ScoresOf(i), file);
        else
            cache.Add(pixels, label.Label, weight, ScoresOf(i), file);
    }

    private Span<float> ScoresOf(int row) => _scores.AsSpan(row * (scores?.Count ?? 0), scores?.Count ?? 0);
}
