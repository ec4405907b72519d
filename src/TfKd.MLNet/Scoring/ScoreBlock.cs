using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>
/// Images of consecutive rows and, from the first time that one is asked for, their scores. An image that cannot be decoded is an error of
/// its own row only.
/// </summary>
internal sealed class ScoreBlock : IDisposable
{
    private readonly IImageScorer _scorer;
    private readonly ImageColumnReader _reader;
    private readonly DecodeBlockPool _pool;
    private readonly int _classCount;
    private readonly float[] _scores;
    private readonly (long Position, ReadOnlyMemory<char> Path)[] _rows;
    private readonly float _threshold;
    private readonly uint _rejected;
    private DecodeBlock? _images;
    private bool _isScored;

    public ScoreBlock(ScoringContext scoring, DataViewRow row, int capacity)
    {
        _scorer = scoring.Scorer;
        _reader = scoring.FindImages(row.Schema).Open(row);
        _pool = scoring.Blocks;
        _images = _pool.Rent(capacity);
        _classCount = scoring.Classes.Names.Count;
        _scores = new float[checked(capacity * _classCount)];
        _rows = new (long, ReadOnlyMemory<char>)[capacity];
        _threshold = (float?)scoring.Rejection?.Threshold ?? float.NegativeInfinity;
        _rejected = scoring.Rejection?.Label is null ? 0 : (uint)_classCount + 1;
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

    public void GetScore(int slot, ref VBuffer<float> target)
    {
        var editor = VBufferEditor.Create(ref target, _classCount);
        ScoresOf(slot).CopyTo(editor.Values);
        target = editor.Commit();
    }

    /// <summary>
    /// The key of the highest score; 0, ML.NET's missing value, where no score is a number, or that of the rejected where it is too low.
    /// </summary>
    public void GetPredictedLabel(int slot, ref uint target)
    {
        target = 0;
        var highest = float.NegativeInfinity;
        var scores = ScoresOf(slot);
        for (var i = 0; i < scores.Length; i++)
        {
            if (scores[i] > highest)
                (highest, target) = (scores[i], (uint)i + 1);
        }

        if (highest < _threshold)
            target = _rejected;
    }

    public void Dispose()
    {
        _reader.Dispose();
        // Another cursor may have it from now on.
        if (_images is { } images)
            _pool.Return(images);
        _images = null;
    }

    private ReadOnlySpan<float> ScoresOf(int slot)
    {
        if (!_isScored)
        {
            Images.Decode();
            _scorer.Score(Images.Pixels, Images.Count, _scores.AsMemory(0, Images.Count * _classCount));
            _isScored = true;
        }

        return Images.ErrorOf(slot) is { } error
            ? throw _reader.Describe(_rows[slot].Position, _rows[slot].Path, error)
            : _scores.AsSpan(slot * _classCount, _classCount);
    }
}
