using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace TfKd.MLNet;

/// <summary>
/// The weights of a model, in safetensors layout. Most of their bytes stand in its ONNX model too, and are told by their place there, so
/// that neither memory nor a file holds them twice.
/// </summary>
internal sealed class WeightParts
{
    /// <summary>What messages call them.</summary>
    public const string Name = "The weights of the model";

    // Told by its place, a part takes sixteen bytes itself.
    private const int SmallestShared = 64;
    private const int RecordBytes = 2 * sizeof(long);

    // In place of a place: the bytes follow.
    private const long OfItsOwn = -1;

    /// <summary>Those of a model that was left without.</summary>
    public static WeightParts None { get; } = new([], []);

    private readonly IReadOnlyList<ReadOnlyMemory<byte>> _parts;
    private readonly byte[] _onnx;

    private WeightParts(IReadOnlyList<ReadOnlyMemory<byte>> parts, byte[] onnx) =>
        (_parts, _onnx, Length) = (parts, onnx, parts.Sum(part => (long)part.Length));

    /// <summary>The number of bytes; 0 where there are no weights.</summary>
    public long Length { get; }

    /// <summary>Looks for the values of tensors among the constants of the ONNX model.</summary>
    /// <param name="weights">All bytes.</param>
    /// <param name="onnx">The ONNX model; bytes that are none have nothing in common with the weights.</param>
    /// <exception cref="InvalidDataException">The weights are cut short, or not in safetensors layout.</exception>
    public static WeightParts Of(byte[] weights, byte[] onnx)
    {
        using var stream = new MemoryStream(weights, writable: false);
        var tensors = SafeTensorsHeader.Read(stream, Name).Tensors;
        var values = (int)stream.Position;
        var known = ConstantsOf(onnx).ToLookup(constant => constant.Length);
        var (parts, done) = (new List<ReadOnlyMemory<byte>>(), 0);
        foreach (var tensor in tensors.Where(tensor => tensor.ByteCount >= SmallestShared))
        {
            var (start, length) = (values + (int)tensor.Offset, (int)tensor.ByteCount);
            var same = known[length].FirstOrDefault(constant => constant.Span.SequenceEqual(weights.AsSpan(start, length)));
            if (same.IsEmpty)
                continue;
            if (start > done)
                parts.Add(Copy(done, start));
            parts.Add(same);
            done = start + length;
        }

        if (done < weights.Length)
            parts.Add(Copy(done, weights.Length));
        return new(parts, onnx);

        // A slice would keep all of them in memory.
        byte[] Copy(int from, int to) => weights.AsSpan(from, to - from).ToArray();
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="content">What was written.</param>
    /// <param name="onnx">The ONNX model beside it.</param>
    /// <exception cref="InvalidDataException">
    /// The content is cut short, or tells of places that are not in the ONNX model, or of more than it has.
    /// </exception>
    public static WeightParts Read(byte[] content, byte[] onnx)
    {
        var (parts, next, shared) = (new List<ReadOnlyMemory<byte>>(), 0, 0L);
        while (next < content.Length)
        {
            if (content.Length - next < RecordBytes)
                throw Invalid($"{RecordBytes} bytes for a part", $"{content.Length - next}");
            var start = BinaryPrimitives.ReadInt64LittleEndian(content.AsSpan(next));
            var length = BinaryPrimitives.ReadInt64LittleEndian(content.AsSpan(next + sizeof(long)));
            next += RecordBytes;
            var (whole, from) = start == OfItsOwn ? (content, next) : (onnx, start);
            if (from < 0 || length <= 0 || from > whole.Length || length > whole.Length - from)
                throw Invalid($"a part within {whole.Length} bytes", $"{length} bytes from {from}");
            parts.Add(whole.AsMemory((int)from, (int)length));
            if (start == OfItsOwn)
                next += (int)length;
            else
                shared += length;
            // Each byte of the ONNX model is one weight's at most: a file cannot ask for more memory than it has bytes.
            if (shared > onnx.Length)
                throw Invalid($"{onnx.Length} bytes at most of the ONNX model", "more");
        }

        return new(parts, onnx);
    }

    /// <summary>Writes the parts: a place in the ONNX model and a length, or bytes of its own with their length before them.</summary>
    public void Write(Stream stream)
    {
        Span<byte> record = stackalloc byte[RecordBytes];
        foreach (var part in _parts)
        {
            var start = StartInOnnx(part);
            BinaryPrimitives.WriteInt64LittleEndian(record, start);
            BinaryPrimitives.WriteInt64LittleEndian(record[sizeof(long)..], part.Length);
            stream.Write(record);
            if (start == OfItsOwn)
                stream.Write(part.Span);
        }
    }

    /// <summary>All bytes, one after the other; the caller disposes the stream.</summary>
    public Stream Open() => new PartsStream(_parts, Length);

    /// <summary>All bytes, put together anew.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        var next = 0;
        foreach (var part in _parts)
        {
            part.Span.CopyTo(bytes.AsSpan(next));
            next += part.Length;
        }

        return bytes;
    }

    /// <summary>Names, shapes and places of the tensors.</summary>
    /// <exception cref="InvalidDataException">The weights are cut short, or not in safetensors layout.</exception>
    public SafeTensorsHeader ReadHeader()
    {
        using var stream = Open();
        return SafeTensorsHeader.Read(stream, Name);
    }

    /// <summary>Adds all bytes to a hash.</summary>
    public void AppendTo(IncrementalHash hash)
    {
        foreach (var part in _parts)
            hash.AppendData(part.Span);
    }

    private long StartInOnnx(ReadOnlyMemory<byte> part) =>
        MemoryMarshal.TryGetArray(part, out var place) && ReferenceEquals(place.Array, _onnx) ? place.Offset : OfItsOwn;

    private static IReadOnlyList<ReadOnlyMemory<byte>> ConstantsOf(byte[] onnx)
    {
        try
        {
            return
            [
                .. OnnxModel.Read(onnx).Constants.Values.Select(constant => constant.Data)
                    .Where(data => MemoryMarshal.TryGetArray(data, out var place) && ReferenceEquals(place.Array, onnx)),
            ];
        }
        catch (InvalidDataException)
        {
            // Whoever opens it says what is wrong with it.
            return [];
        }
    }

    private static InvalidDataException Invalid(string expected, string found) => new(
        $"{Name}: expected {expected}, found {found}; the model file was damaged or changed.");
}
