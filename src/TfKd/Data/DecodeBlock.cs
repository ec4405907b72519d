namespace TfKd;

/// <summary>
/// Collects images, encoded or as pixels, and decodes them side by side into one buffer. Filled by one thread, row by row; what was added
/// is copied, so that a cursor may move on. It keeps its two buffers for its life, and after the first rows needs no others.
/// </summary>
internal sealed class DecodeBlock(ImageShape shape, int capacity)
{
    /// <summary>How many encoded bytes make a block full; photos of many megabytes come in blocks of a few.</summary>
    public const int FullBytes = 16 << 20;

    private const int FirstBytes = 64 << 10;

    // Without a bound the pool's threads add up while others are held up, and with them the buffers they decode in.
    private static readonly ParallelOptions _sideBySide = new() { MaxDegreeOfParallelism = Environment.ProcessorCount };

    private readonly byte[] _pixels = GC.AllocateUninitializedArray<byte>(checked(shape.ByteCount * capacity));
    private readonly (int Start, int Length)[] _places = new (int, int)[capacity];
    private readonly Exception?[] _errors = new Exception?[capacity];
    private byte[] _encoded = [];
    private int _encodedBytes;

    public int Capacity => _places.Length;

    public int Count { get; private set; }

    /// <summary>Whether the rows are to be decoded before others are added.</summary>
    public bool IsFull => Count == Capacity || _encodedBytes >= FullBytes;

    /// <summary>The memory that it takes.</summary>
    public long Bytes => _pixels.LongLength + _encoded.LongLength;

    /// <summary>The pixels of the rows added, after <see cref="Decode"/>; those of a row with an error are undefined.</summary>
    public ReadOnlyMemory<byte> Pixels => _pixels.AsMemory(0, Count * shape.ByteCount);

    /// <summary>Why a row could not be decoded, or null.</summary>
    public Exception? ErrorOf(int row) => _errors[row];

    public ReadOnlySpan<byte> PixelsOf(int row) => Slot(row);

    /// <exception cref="ImageDecodingException">There are more bytes than an image may have; nothing was added.</exception>
    public void AddEncoded(ReadOnlySpan<byte> encoded)
    {
        var limit = ImageLimits.Current.MostFileBytes;
        if (encoded.Length > limit)
            throw ImageFile.TooLarge("The image", encoded.Length, limit);
        encoded.CopyTo(RoomFor(encoded.Length));
        AddPlace(encoded.Length);
    }

    /// <summary>Adds the content of a file.</summary>
    /// <exception cref="ImageDecodingException">The file is empty, too large, or no regular file; nothing was added.</exception>
    /// <exception cref="IOException">The file cannot be read, or became shorter; nothing was added.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read; nothing was added.</exception>
    public void AddFile(string path)
    {
        using var file = ImageFile.Open(path, out var length);
        // What lies behind the last row does no harm.
        ImageFile.Read(file, path, RoomFor(length));
        AddPlace(length);
    }

    /// <summary>Adds a row whose bytes could not even be read.</summary>
    public void AddError(Exception error) => _errors[Next(length: -1)] = error;

    /// <summary>Adds a row and returns its place, to be filled at once.</summary>
    public Span<byte> AddPixels() => Slot(Next(length: -1));

    public void Decode() => Parallel.For(0, Count, _sideBySide, row =>
    {
        var (start, length) = _places[row];
        if (length < 0)
            return;
        try
        {
            ImageDecoder.Decode(_encoded.AsSpan(start, length), shape, Slot(row));
        }
        catch (ImageDecodingException exception)
        {
            _errors[row] = exception;
        }
    });

    /// <summary>The sizes of the encoded images added, as their headers say; those whose header cannot be read are left out.</summary>
    public IEnumerable<(int Width, int Height)> EncodedSizes() => Enumerable.Range(0, Count)
        .Where(row => _places[row].Length > 0)
        .Select(row => ImageDecoder.SizeOf(_encoded.AsSpan(_places[row].Start, _places[row].Length)))
        .OfType<(int, int)>();

    public void Clear() => (Count, _encodedBytes) = (0, 0);

    // Room behind the rows that are there, which only AddPlace makes a row of.
    private Span<byte> RoomFor(int length)
    {
        RequireRoom();
        var needed = checked(_encodedBytes + length);
        if (needed > _encoded.Length)
        {
            var larger = GC.AllocateUninitializedArray<byte>(
                (int)Math.Min(Array.MaxLength, Math.Max(FirstBytes, Math.Max(2L * _encoded.Length, needed))));
            _encoded.AsSpan(0, _encodedBytes).CopyTo(larger);
            _encoded = larger;
        }

        return _encoded.AsSpan(_encodedBytes, length);
    }

    private void AddPlace(int length)
    {
        Next(length);
        _encodedBytes += length;
    }

    private void RequireRoom()
    {
        if (Count == Capacity)
            throw new InvalidOperationException($"The block is full with {Count} rows.");
    }

    private int Next(int length)
    {
        RequireRoom();
        _errors[Count] = null;
        _places[Count] = (_encodedBytes, length);
        return Count++;
    }

    private Span<byte> Slot(int row) => _pixels.AsSpan(row * shape.ByteCount, shape.ByteCount);
}
