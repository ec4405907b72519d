using System.Buffers.Binary;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The .safetensors format (huggingface.co/docs/safetensors): the header's length in eight bytes, a JSON header, the values, row by row and
/// little-endian. Nothing in a file is executable, and no size in it is believed before it is compared with the file's.
/// </summary>
public static class SafeTensors
{
    private const int BufferSize = 1 << 16;
    private const int HeaderAlignment = 8;

    /// <summary>Reads names, types and shapes only.</summary>
    /// <exception cref="InvalidDataException">
    /// The file is no valid .safetensors file; the message says what was expected and found.
    /// </exception>
    public static SafeTensorsHeader ReadHeader(string path)
    {
        using var stream = File.OpenRead(path);
        return SafeTensorsHeader.Read(stream, $"'{path}'");
    }

    /// <summary>Reads all tensors of a file, onto the CPU; they belong to the caller, or to the caller's dispose scope.</summary>
    /// <exception cref="InvalidDataException">
    /// The file is no valid .safetensors file; the message says what was expected and found.
    /// </exception>
    public static Dictionary<string, Tensor> Read(string path)
    {
        using var stream = File.OpenRead(path);
        return Read(stream, $"'{path}'");
    }

    /// <summary>
    /// Reads all tensors from a stream, from its position to its end; they belong to the caller, or to the caller's dispose scope.
    /// </summary>
    /// <param name="stream">The stream; stays open. One that cannot seek is read into memory first.</param>
    /// <param name="source">What messages call it.</param>
    /// <exception cref="InvalidDataException">
    /// The content is no valid .safetensors file; the message says what was expected and found.
    /// </exception>
    public static Dictionary<string, Tensor> Read(Stream stream, string source = "stream")
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanSeek)
        {
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            copy.Position = 0;
            return Read(copy, source);
        }
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var info in SafeTensorsHeader.Read(stream, source).Tensors)
            tensors.Add(info.Name, ReadTensor(stream, info, source));
        foreach (var tensor in tensors.Values)
            tensor.MoveToOuterDisposeScope();
        return tensors;
    }

    /// <summary>Writes a file: beside its place first, then moved over.</summary>
    /// <inheritdoc cref="Write(Stream, IEnumerable{KeyValuePair{string, Tensor}}, IReadOnlyDictionary{string, string}?)"/>
    public static void Write(
        string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        AtomicFile.Write(path, stream => Write(stream, tensors, metadata));

    /// <summary>
    /// Writes tensors, in bytes that depend on names and values only: the header in ordinal order, the values of wide types first, so that
    /// each is aligned.
    /// </summary>
    /// <param name="stream">Where to; stays open.</param>
    /// <param name="tensors">Names and tensors, on any device.</param>
    /// <param name="metadata">Texts to put beside them. Default: none.</param>
    /// <exception cref="ArgumentException">A name comes twice, or a type has no counterpart in the format.</exception>
    public static void Write(
        Stream stream, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        var named = new SortedDictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (name, tensor) in tensors)
            if (name == SafeTensorsHeader.MetadataKey || !named.TryAdd(name, tensor))
                throw new ArgumentException($"A tensor cannot be named '{name}': the name is taken.", nameof(tensors));
            else if (SafeTensorType.NameOf(tensor.dtype) is null)
                throw new ArgumentException($"Tensor '{name}' is {tensor.dtype}; the format has {SafeTensorType.Names}.", nameof(tensors));

        // OrderBy is stable: ordinal among equals.
        var order = named.OrderByDescending(entry => SafeTensorType.SizeOf(entry.Value.dtype)).ToList();
        var header = WriteHeader(named, order, metadata);
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var (_, tensor) in order)
            WriteValues(stream, tensor);
    }

    private static Tensor ReadTensor(Stream stream, SafeTensorInfo info, string source)
    {
        var tensor = empty([.. info.Shape], info.Type);
        if (info.ByteCount == 0)
            return tensor;
        tensor.ReadBytesFromStream(stream, (int)Math.Min(info.ByteCount, BufferSize));
        // Torch takes a byte above 1 in a tensor of truth values for undefined.
        if (info.Type == ScalarType.Bool && tensor.bytes.ContainsAnyExceptInRange<byte>(0, 1))
            throw new InvalidDataException($"{source}: expected tensor '{info.Name}': bytes 0 and 1 as BOOL, found others.");
        return tensor;
    }

    private static byte[] WriteHeader(
        SortedDictionary<string, Tensor> named, List<KeyValuePair<string, Tensor>> order, IReadOnlyDictionary<string, string>? metadata)
    {
        var offsets = new Dictionary<string, long>(StringComparer.Ordinal);
        var end = 0L;
        foreach (var (name, tensor) in order)
        {
            offsets[name] = end;
            end += ByteCount(tensor);
        }
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (metadata is not null)
            {
                writer.WriteStartObject(SafeTensorsHeader.MetadataKey);
                foreach (var (key, value) in metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
                    writer.WriteString(key, value);
                writer.WriteEndObject();
            }
            foreach (var (name, tensor) in named)
            {
                writer.WriteStartObject(name);
                writer.WriteString("dtype", SafeTensorType.NameOf(tensor.dtype));
                WriteNumbers(writer, "shape", tensor.shape);
                WriteNumbers(writer, "data_offsets", [offsets[name], offsets[name] + ByteCount(tensor)]);
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
        }
        while (buffer.Length % HeaderAlignment != 0)
            buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter writer, string name, long[] numbers)
    {
        writer.WriteStartArray(name);
        foreach (var number in numbers)
            writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }

    private static void WriteValues(Stream stream, Tensor tensor)
    {
        if (tensor.numel() == 0)
            return;
        using var scope = NewDisposeScope();
        tensor.detach().cpu().contiguous().WriteBytesToStream(stream, (int)Math.Min(ByteCount(tensor), BufferSize));
    }

    private static long ByteCount(Tensor tensor) => checked(tensor.numel() * SafeTensorType.SizeOf(tensor.dtype));
}
