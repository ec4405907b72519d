using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>
/// Reads a block of rows ahead, keeps what the consumer wants of them, and scores the block when the first score in it is asked for. The
/// first block is small, so that the first rows of a long input are there at once; the next ones double up to the full size.
/// </summary>
internal sealed class BatchedCursor : DataViewRowCursor
{
    private const int FirstRows = 8;
    private const int MaxRows = 128;
    private const int MaxBytes = 8 << 20;

    private readonly DataViewRowCursor _input;
    private readonly ScoringContext _scoring;
    private readonly IReadOnlySet<int> _active;
    private readonly Dictionary<int, RowBuffer> _buffers;
    private readonly ScoreBlock? _block;
    private readonly ValueGetter<DataViewRowId> _idGetter;
    private readonly (DataViewRowId Id, long Batch)[] _rows;
    private int _limit;
    private int _count;
    private int _current = -1;
    private long _position = -1;
    private bool _hasEnded;

    public BatchedCursor(DataViewRowCursor input, DataViewSchema schema, ScoringContext scoring, IReadOnlySet<int> active)
    {
        (_input, Schema, _scoring, _active) = (input, schema, scoring, active);
        var capacity = CapacityFor(scoring.InputShape);
        _limit = FirstRows;
        _rows = new (DataViewRowId, long)[capacity];
        _idGetter = input.GetIdGetter();
        _buffers = active.Where(index => index < input.Schema.Count).ToDictionary(
            index => index, index => RowBuffer.Open(input, input.Schema[index], capacity));
        if (_buffers.Count < active.Count)
            _block = new ScoreBlock(scoring, input, scoring.NeedsOf(input.Schema, active), capacity);
    }

    /// <summary>How many images of a shape are scored at once.</summary>
    public static int CapacityFor(ImageShape shape) => Math.Clamp(MaxBytes / shape.ByteCount, FirstRows, MaxRows);

    public override DataViewSchema Schema { get; }

    public override long Position => _position;

    public override long Batch => _current < 0 ? 0 : _rows[_current].Batch;

    public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = _rows[Current()].Id;

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
            throw new ArgumentException($"Column '{column.Name}' was not asked for when the cursor was made.", nameof(column));
        var getter = column.Index < _input.Schema.Count
            ? _buffers[column.Index].MakeGetter(Current)
            : _scoring.MakeGetter(column.Index - _input.Schema.Count, _block!, Current);
        return getter as ValueGetter<TValue>
            ?? throw new InvalidOperationException(
                $"Column '{column.Name}' is {ColumnTypes.Describe(column.Type)}, but was asked for as {typeof(TValue).Name}.");
    }

    public override bool MoveNext()
    {
        if (_current + 1 >= _count && !ReadBlock())
        {
            (_current, _position) = (-1, -1);
            return false;
        }

        _current++;
        _position++;
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var buffer in _buffers.Values)
                buffer.Dispose();
            _block?.Dispose();
            _input.Dispose();
            (_count, _current, _position, _hasEnded) = (0, -1, -1, true);
        }

        base.Dispose(disposing);
    }

    private bool ReadBlock()
    {
        _block?.Clear();
        (_count, _current) = (0, -1);
        for (; _count < _limit && !_hasEnded && _block is not { IsFull: true }; _count++)
        {
            if (!_input.MoveNext())
            {
                _hasEnded = true;
                break;
            }

            _idGetter(ref _rows[_count].Id);
            _rows[_count].Batch = _input.Batch;
            foreach (var buffer in _buffers.Values)
                buffer.Read(_count);
            _block?.Add(_input.Position);
        }

        _limit = Math.Min(2 * _limit, _rows.Length);
        return _count > 0;
    }

    private int Current() => _current >= 0 ? _current : throw new InvalidOperationException("The cursor stands on no row.");
}
