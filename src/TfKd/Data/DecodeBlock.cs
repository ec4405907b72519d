using System.Buffers;

namespace TfKd;

/// <summary>
/// Collects images, encoded or as pixels, and decodes them side by side into one buffer. Filled by one thread, row by row; what was added is
/// copied, so that a cursor may move on. Its buffers are rented: disposing it lets the next block have them.
/// </summary>
internal sealed class DecodeBlock : IDisposable
{
    private readonly ImageShape _shape;
    private readonly byte[] _pixels;
    private readonly byte[][] _encoded;
    private readonly int[] _encodedLength;
    private readonly Exception?[] _errors;
    private bool _isDisposed;

    public DecodeBlock(ImageShape shape, int capacity)
    {
        _shape = shape;
        _pixels = ArrayPool<byte>.Shared.Rent(checked(shape.ByteCount * capacity));
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
        encoded.CopyTo(RentEncoded(row, encoded.Length));
        _encodedLength[row] = encoded.Length;
    }

    /// <summary>Adds the content of a file.</summary>
    /// <exception cref="IOException">The file cannot be read, or became shorter; nothing was added.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read; nothing was added.</exception>
    public void AddFile(string path)
    {
        using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        var length = RandomAccess.GetLength(file);
        if (length > Array.MaxLength)
            throw new IOException($"'{path}' has {length} bytes; the most that is read is {Array.MaxLength}.");
        // What is in the row's buffer before it is added does no harm.
        RequireRoom();
        var buffer = RentEncoded(Count, (int)length);
        for (var read = 0; read < buffer.Length;)
        {
            var count = RandomAccess.Read(file, buffer[read..], read);
            if (count == 0)
                throw new IOException($"'{path}' ended after {read} of {length} bytes.");
            read += count;
        }

        _encodedLength[Next(isEncoded: true)] = (int)length;
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

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        Count = 0;
        ArrayPool<byte>.Shared.Return(_pixels);
        foreach (var encoded in _encoded.Where(encoded => encoded.Length > 0))
            ArrayPool<byte>.Shared.Return(encoded);
    }

    private Span<byte> RentEncoded(int row, int length)
    {
        if (_encoded[row].Length < length)
        {
            if (_encoded[row].Length > 0)
                ArrayPool<byte>.Shared.Return(_encoded[row]);
            _encoded[row] = ArrayPool<byte>.Shared.Rent(length);
        }

        return _encoded[row].AsSpan(0, length);
    }

    private void RequireRoom()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (Count == Capacity)
            throw new InvalidOperationException($"The block is full with {Count} rows.");
    }

    private int Next(bool isEncoded)
    {
        RequireRoom();
        _errors[Count] = null;
        _encodedLength[Count] = isEncoded ? 0 : -1;
        return Count++;
    }

    private Span<byte> Slot(int row) => _pixels.AsSpan(row * _shape.ByteCount, _shape.ByteCount);
}
