using Microsoft.ML;

namespace TfKd.MLNet;

/// <summary>
/// Images of consecutive rows and, from the first time that one is asked for, what a scorer makes of them. An image that cannot be decoded
/// is an error of its own row only.
/// </summary>
internal sealed class ScoreBlock : IDisposable
{
    private readonly IImageScorer _scorer;
    private readonly ImageColumnReader _reader;
    private readonly DecodeBlockPool _pool;
    private readonly int _classCount;
    private readonly int _embeddingSize;
    private readonly float[] _scores = [];
    private readonly float[] _embeddings = [];
    private readonly (long Position, ReadOnlyMemory<char> Path)[] _rows;
    private DecodeBlock? _images;
    private bool _isScored;

    /// <param name="scoring">What scores.</param>
    /// <param name="row">Where the images are read from.</param>
    /// <param name="needs">What is computed of them; nothing else can be asked for.</param>
    /// <param name="capacity">The most rows.</param>
    public ScoreBlock(ScoringContext scoring, DataViewRow row, ScorerOutputs needs, int capacity)
    {
        _scorer = scoring.Scorer;
        _reader = scoring.FindImages(row.Schema).Open(row);
        _pool = scoring.Blocks;
        _images = _pool.Rent(capacity);
        (_classCount, _embeddingSize) = (scoring.Classes.Names.Count, scoring.EmbeddingSize);
        if (needs.HasFlag(ScorerOutputs.Scores))
            _scores = new float[checked(capacity * _classCount)];
        if (needs.HasFlag(ScorerOutputs.Embedding))
            _embeddings = new float[checked(capacity * _embeddingSize)];
        _rows = new (long, ReadOnlyMemory<char>)[capacity];
    }

    /// <summary>Whether the rows are to be scored before others are added.</summary>
    public bool IsFull => Images.IsFull;

    private DecodeBlock Images => _images ?? throw new ObjectDisposedException(nameof(DataViewRow), "The row or cursor was disposed.");

    public void Clear()
    {
        Images.Clear();
        _isScored = false;
    }

    /// <summary>Adds the row that the reader's cursor stands on.</summary>
    public void Add(long position)
    {
        _rows[Images.Count] = (position, _reader.ReadPath());
        _reader.AddTo(Images);
    }

    /// <summary>The probabilities of the classes of a row; they must be among what the block was made for.</summary>
    /// <exception cref="ImageDecodingException">The row's image cannot be decoded.</exception>
    public ReadOnlySpan<float> ScoresOf(int slot) => Scored(slot, _scores, _classCount);

    /// <summary>The embedding of a row; it must be among what the block was made for.</summary>
    /// <exception cref="ImageDecodingException">The row's image cannot be decoded.</exception>
    public ReadOnlySpan<float> EmbeddingOf(int slot) => Scored(slot, _embeddings, _embeddingSize);

    public void Dispose()
    {
        _reader.Dispose();
        // Another cursor may have it from now on.
        if (_images is { } images)
            _pool.Return(images);
        _images = null;
    }

    private ReadOnlySpan<float> Scored(int slot, float[] values, int width)
    {
        if (!_isScored)
        {
            Images.Decode();
            var count = Images.Count;
            // What is not asked for has no memory.
            _scorer.Score(
                Images.Pixels,
                count,
                _scores.AsMemory(0, Math.Min(count * _classCount, _scores.Length)),
                _embeddings.AsMemory(0, Math.Min(count * _embeddingSize, _embeddings.Length)));
            _isScored = true;
        }

        return Images.ErrorOf(slot) is { } error
            ? throw _reader.Describe(_rows[slot].Position, _rows[slot].Path, error)
            : values.AsSpan(slot * width, width);
    }
}
