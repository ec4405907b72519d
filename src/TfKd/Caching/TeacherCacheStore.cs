namespace TfKd;

/// <summary>The answers to the rows of one view, as bytes.</summary>
internal abstract class TeacherCacheStore(int rowCount) : IDisposable
{
    private readonly bool[] _known = new bool[rowCount];

    public bool IsKnown(int row) => _known[row];

    /// <summary>Copies the answer to a known row; false where it is not there any more, and the row not known from here on.</summary>
    public bool TryRead(int row, Span<byte> answer) => _known[row] && (_known[row] = Read(row, answer));

    /// <summary>Keeps the answer to a row that was not known, where it can be kept.</summary>
    public void Add(int row, ReadOnlySpan<byte> answer) => _known[row] = Write(row, answer);

    public abstract void Dispose();

    protected abstract bool Read(int row, Span<byte> answer);

    protected abstract bool Write(int row, ReadOnlySpan<byte> answer);

    protected void MarkKnown(int row) => _known[row] = true;

    protected bool IsWhole => !_known.AsSpan().Contains(false);
}
