namespace TfKd;

/// <summary>Answers in memory, for the run.</summary>
internal sealed class TeacherCacheMemory : TeacherCacheStore
{
    // Blocks: no limit at two gigabytes, and what a run never asks for takes no memory.
    private const int BlockBytes = 4 << 20;

    private readonly byte[]?[] _blocks;
    private readonly int _rowBytes;
    private readonly int _rowsPerBlock;

    public TeacherCacheMemory(int rowCount, int rowBytes) : base(rowCount)
    {
        _rowBytes = rowBytes;
        _rowsPerBlock = Math.Clamp(BlockBytes / rowBytes, 1, Math.Max(1, rowCount));
        _blocks = new byte[]?[(rowCount + _rowsPerBlock - 1) / _rowsPerBlock];
    }

    public override void Dispose()
    {
    }

    protected override bool Read(int row, Span<byte> answer)
    {
        Slot(row).CopyTo(answer);
        return true;
    }

    protected override bool Write(int row, ReadOnlySpan<byte> answer)
    {
        answer.CopyTo(Slot(row));
        return true;
    }

    private Span<byte> Slot(int row) =>
        (_blocks[row / _rowsPerBlock] ??= new byte[_rowsPerBlock * _rowBytes]).AsSpan(row % _rowsPerBlock * _rowBytes, _rowBytes);
}
