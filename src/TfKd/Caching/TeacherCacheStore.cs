namespace TfKd;

/// <summary>The answers to the rows of one view, as bytes.</summary>
internal abstract class TeacherCacheStore(int rowCount) : IDisposable
{
    private readonly bool[] _known = new bool[rowCount];

    public bool IsKnown(int row) => _known[row];

    /// <summary>Copies the answer to a known row.</summary>
    public abstract void Read(int row, Span<byte> answer);

    /// <summary>Keeps the answer to a row that was not known.</summary>
    public void Add(int row, ReadOnlySpan<byte> answer)
    {
        Write(row, answer);
        _known[row] = true;
    }

    public abstract void Dispose();

    protected abstract void Write(int row, ReadOnlySpan<byte> answer);

    protected void MarkKnown(int row) => _known[row] = true;

    protected bool IsWhole => !_known.AsSpan().Contains(false);
}
