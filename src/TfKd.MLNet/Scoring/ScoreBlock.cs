using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>
/// Images of consecutive rows and, from the first time that one is asked for, their scores. An image that cannot be decoded is an error of its own
/// row only.
/// </summary>
internal sealed class ScoreBlock : IDisposable
{
    private readonly IImageScorer _scorer;
    private readonly ImageColumnReader _reader;
    private readonly DecodeBlock _images;
    private readonly int _classCount;
    private readonly float[] _scores;
    private readonly (long Position, ReadOnlyMemory<char> Path)[] _rows;
    private readonly float _threshold;
    private readonly uint _rejected;
    private bool _isScored;

    public ScoreBlock(TorchImageClassificationTransformer transformer, DataViewRow row, int capacity)
    {
        var model = transformer.Model;
        _scorer = transformer.Scorer;
        _reader = ImageColumnReader.Open(row, ImageColumn.Find(row.Schema, transformer.Columns.Image, model.InputShape), model.InputShape);
        _images = new DecodeBlock(model.InputShape, capacity);
        _classCount = model.ClassNames.Count;
        _scores = new float[checked(capacity * _classCount)];
        _rows = new (long, ReadOnlyMemory<char>)[capacity];
        _threshold = (float?)model.Rejection?.Threshold ?? float.NegativeInfinity;
        _rejected = model.Rejection?.Label is null ? 0 : (uint)_classCount + 1;
    }

    public void Clear()
    {
        _images.Clear();
        _isScored = false;
    }

    /// <summary>Adds the row that the reader's cursor stands on.</summary>
    public void Add(long position)
    {
        _rows[_images.Count] = (position, _reader.ReadPath());
        _reader.AddTo(_images);
    }

    public void GetScore(int slot, ref VBuffer<float> target)
    {
        var editor = VBufferEditor.Create(ref target, _classCount);
        ScoresOf(slot).CopyTo(editor.Values);
        target = editor.Commit();
    }

    /// <summary>The key of the highest score; 0, ML.NET's missing value, where no score is a number, or that of the rejected where it is too low.</summary>
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
        _images.Dispose();
    }

    private ReadOnlySpan<float> ScoresOf(int slot)
    {
        if (!_isScored)
        {
            _images.Decode();
            _scorer.Score(_images.Pixels, _images.Count, _scores.AsMemory(0, _images.Count * _classCount));
            _isScored = true;
        }

        return _images.ErrorOf(slot) is { } error
            ? throw _reader.Describe(_rows[slot].Position, _rows[slot].Path, error)
            : _scores.AsSpan(slot * _classCount, _classCount);
    }
}
