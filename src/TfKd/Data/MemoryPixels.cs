namespace TfKd;

/// <summary>Rows of pixels in memory. Filled by one thread, then read by any number.</summary>
internal sealed class MemoryPixels(int rowBytes, long maxRows)
{
    // Blocks rather than one array: no copying while it grows, and no limit at two gigabytes.
    private const int BlockBytes = 16 << 20;

    private readonly List<byte[]> _blocks = [];
    private readonly int _rowsPerBlock = Math.Max(1, BlockBytes / rowBytes);
    private int _count;

    public bool IsFull => _count >= maxRows;

    public void Add(ReadOnlySpan<byte> pixels)
    {
        if (_count == (long)_blocks.Count * _rowsPerBlock)
            _blocks.Add(GC.AllocateUninitializedArray<byte>((int)Math.Min(_rowsPerBlock, maxRows - _count) * rowBytes));
        pixels.CopyTo(Slot(_count));
        _count++;
    }

    public void Read(int row, Span<byte> pixels) => Slot(row).CopyTo(pixels);

    public void Clear() => _blocks.Clear();

    private Span<byte> Slot(int row) => _blocks[row / _rowsPerBlock].AsSpan(row % _rowsPerBlock * rowBytes, rowBytes);
}
