using System.Runtime.InteropServices;

namespace TfKd;

/// <summary>
/// How the answer to one row is written down. Whole and exact: the logits as they are. Otherwise logarithms of probabilities; of the k
/// largest ones: these in falling order, that of each other class, and the k classes.
/// </summary>
internal sealed class TeacherCacheFormat
{
    private readonly int _kept;
    private readonly bool _isHalf;
    private readonly bool _isSparse;
    private readonly double[] _logProbabilities;
    private readonly int[] _order;

    public TeacherCacheFormat(int classCount, TeacherCachePrecision precision, int? topK)
    {
        ClassCount = classCount;
        _isSparse = topK < classCount;
        _kept = _isSparse ? topK!.Value : classCount;
        _isHalf = precision == TeacherCachePrecision.Float16;
        _logProbabilities = new double[classCount];
        _order = new int[classCount];
    }

    public int ClassCount { get; }

    public int RowBytes => ValueBytes * (_isSparse ? _kept + 1 : _kept) + (_isSparse ? IndexBytes * _kept : 0);

    private int ValueBytes => _isHalf ? 2 : sizeof(float);

    private int IndexBytes => ClassCount <= ushort.MaxValue + 1 ? sizeof(ushort) : sizeof(int);

    /// <summary>Writes the answer to a row down.</summary>
    /// <param name="logits">K numbers.</param>
    /// <param name="row"><see cref="RowBytes"/> bytes.</param>
    public void Encode(ReadOnlySpan<float> logits, Span<byte> row)
    {
        if (!_isSparse && !_isHalf)
        {
            MemoryMarshal.AsBytes(logits).CopyTo(row);
            return;
        }

        LogSoftmax(logits, _logProbabilities);
        if (!_isSparse)
        {
            for (var k = 0; k < ClassCount; k++)
                SetValue(row, k, _logProbabilities[k]);
            return;
        }

        for (var k = 0; k < ClassCount; k++)
            _order[k] = k;
        // Of equals the first class, so that the same logits are always written down in the same way.
        Array.Sort(_order, (a, b) => (_logProbabilities[b], a).CompareTo((_logProbabilities[a], b)));
        for (var place = 0; place < _kept; place++)
        {
            SetValue(row, place, _logProbabilities[_order[place]]);
            SetIndex(row, place, _order[place]);
        }

        SetValue(row, _kept, LogMean(_order.AsSpan(_kept)));
    }

    /// <summary>Reads an answer: numbers whose softmax is the teacher's distribution, or what was kept of it.</summary>
    public void Decode(ReadOnlySpan<byte> row, Span<float> logits)
    {
        if (!_isSparse && !_isHalf)
        {
            row.CopyTo(MemoryMarshal.AsBytes(logits));
            return;
        }

        if (_isSparse)
            logits.Fill(GetValue(row, _kept));
        for (var place = 0; place < _kept; place++)
            logits[_isSparse ? GetIndex(row, place) : place] = GetValue(row, place);
    }

    public override string ToString() =>
        $"{ClassCount} classes, {_kept} kept, {(_isHalf ? TeacherCachePrecision.Float16 : TeacherCachePrecision.Float32)}";

    // In double and by its logarithm: what remains is often far below what float32 can tell from 1.
    private double LogMean(ReadOnlySpan<int> classes)
    {
        var largest = _logProbabilities[classes[0]];
        if (double.IsNegativeInfinity(largest))
            return largest;
        var sum = 0.0;
        foreach (var k in classes)
            sum += Math.Exp(_logProbabilities[k] - largest);
        return largest + Math.Log(sum / classes.Length);
    }

    private static void LogSoftmax(ReadOnlySpan<float> logits, Span<double> result)
    {
        var logSum = SpanSoftmax.LogSumExp(logits);
        for (var k = 0; k < logits.Length; k++)
            result[k] = logits[k] - logSum;
    }

    private void SetValue(Span<byte> row, int place, double value)
    {
        if (!_isHalf)
            MemoryMarshal.Write(row[(place * sizeof(float))..], (float)value);
        else
            // A probability that is not 0 stays so: minus infinity would be 0 at every temperature.
            MemoryMarshal.Write(row[(place * 2)..], double.IsFinite(value) ? (Half)Math.Max(value, (double)Half.MinValue) : (Half)value);
    }

    private float GetValue(ReadOnlySpan<byte> row, int place) =>
        _isHalf ? (float)MemoryMarshal.Read<Half>(row[(place * 2)..]) : MemoryMarshal.Read<float>(row[(place * sizeof(float))..]);

    private void SetIndex(Span<byte> row, int place, int index)
    {
        var bytes = row[(ValueBytes * (_kept + 1) + IndexBytes * place)..];
        if (IndexBytes == sizeof(int))
            MemoryMarshal.Write(bytes, index);
        else
            MemoryMarshal.Write(bytes, (ushort)index);
    }

    private int GetIndex(ReadOnlySpan<byte> row, int place)
    {
        var bytes = row[(ValueBytes * (_kept + 1) + IndexBytes * place)..];
        return IndexBytes == sizeof(int) ? MemoryMarshal.Read<int>(bytes) : MemoryMarshal.Read<ushort>(bytes);
    }
}
