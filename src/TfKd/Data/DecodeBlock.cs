namespace TfKd;

/// <summary>
/// Collects images, encoded or as pixels, and decodes them side by side into one buffer. Filled by one thread, row by row; what was added is
/// copied, so that a cursor may move on.
/// </summary>
internal sealed class DecodeBlock
{
    private readonly ImageShape _shape;
    private readonly byte[] _pixels;
    private readonly byte[][] _encoded;
    private readonly int[] _encodedLength;
    private readonly Exception?[] _errors;

    public DecodeBlock(ImageShape shape, int capacity)
    {
        _shape = shape;
        _pixels = GC.AllocateUninitializedArray<byte>(checked(shape.ByteCount * capacity));
        _encoded = [.. Enumerable.Repeat(Array.Empty<byte>(), capacity)];
        _encodedLength = new int[capacity];
        _errors = new Exception?[capacity];
    }

    public int Capacity => _encoded.Length;

    public int Count { get; private set; }

    /// <summary>The pixels of the rows added, after <see cref="Decode"/>; those of a row with an error are undefined.</summary>
    public ReadOnlyMemory<byte> Pixels => _pixels.AsMemory(0, Count * _shape.ByteCount);

    /// <summary>Why a row could not be decoded, or null.</summary>
    public Exception? ErrorOf(int row) => _errors[row];

    public ReadOnlySpan<byte> PixelsOf(int row) => Slot(row);

    public void AddEncoded(ReadOnlySpan<byte> encoded)
    {
        var row = Next(isEncoded: true);
        if (_encoded[row].Length < encoded.Length)
            _encoded[row] = GC.AllocateUninitializedArray<byte>(Math.Max(encoded.Length, 2 * _encoded[row].Length));
        encoded.CopyTo(_encoded[row]);
        _encodedLength[row] = encoded.Length;
    }

    /// <summary>Adds a row whose bytes could not even be read.</summary>
    public void AddError(Exception error) => _errors[Next(isEncoded: false)] = error;

    /// <summary>Adds a row and returns its place, to be filled at once.</summary>
    public Span<byte> AddPixels() => Slot(Next(isEncoded: false));

    public void Decode() => Parallel.For(0, Count, row =>
    {
        if (_encodedLength[row] < 0)
            return;
        try
        {
            ImageDecoder.Decode(_encoded[row].AsSpan(0, _encodedLength[row]), _shape, Slot(row));
        }
        catch (ImageDecodingException exception)
        {
            _errors[row] = exception;
        }
    });

    public void Clear() => Count = 0;

    private int Next(bool isEncoded)
    {
        if (Count == Capacity)
            throw new InvalidOperationException($"The block is full with {Count} rows.");
        _errors[Count] = null;
        _encodedLength[Count] = isEncoded ? 0 : -1;
        return Count++;
    }

    private Span<byte> Slot(int row) => _pixels.AsSpan(row * _shape.ByteCount, _shape.ByteCount);
}
