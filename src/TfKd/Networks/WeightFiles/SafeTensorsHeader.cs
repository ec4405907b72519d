using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The header of a .safetensors file, checked: every size fits the file, tensors follow one another without gap or overlap, no name comes
/// twice. Reading it needs no Torch.
/// </summary>
public sealed class SafeTensorsHeader
{
    internal const string MetadataKey = "__metadata__";

    // Far above those of the largest networks; parsed, a header takes a multiple of its length in memory.
    private const long MaxHeaderBytes = 16 << 20;
    private const int MaxTensors = 100_000;

    // Torch's own.
    private const int MaxRank = 64;

    private readonly string _source;

    private SafeTensorsHeader(string source) => _source = source;

    /// <summary>The tensors, in the order of their values in the file.</summary>
    public IReadOnlyList<SafeTensorInfo> Tensors { get; private set; } = [];

    /// <summary>Texts that the writer put beside the tensors.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; private set; } = new Dictionary<string, string>();

    /// <summary>Reads the header at a seekable stream's position; what remains of the stream must be the tensors' values.</summary>
    /// <param name="stream">The stream; stands behind the header afterwards.</param>
    /// <param name="source">What messages call it.</param>
    internal static SafeTensorsHeader Read(Stream stream, string source)
    {
        var header = new SafeTensorsHeader(source);
        var available = stream.Length - stream.Position;
        if (available < sizeof(long))
            throw header.Invalid("a header of at least 8 bytes", $"{Math.Max(available, 0)} bytes");
        Span<byte> prefix = stackalloc byte[sizeof(long)];
        stream.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        var limit = Math.Min(available - sizeof(long), MaxHeaderBytes);
        if (length > (ulong)limit)
            throw header.Invalid($"a header of at most {limit} bytes", $"a length of {length}");
        var json = new byte[length];
        stream.ReadExactly(json);
        try
        {
            using var document = JsonDocument.Parse(json);
            header.Parse(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The latter is what System.Text.Json throws for text that is no valid UTF-8.
            throw new InvalidDataException($"{source}: the header is no valid JSON: {error.Message}", error);
        }
        header.CheckLayout(available - sizeof(long) - (long)length);
        return header;
    }

    private void Parse(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw Invalid("a JSON object as header", root.ValueKind.ToString());
        var tensors = new List<SafeTensorInfo>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in root.EnumerateObject())
        {
            if (!names.Add(entry.Name))
                throw Invalid("each name once", $"'{entry.Name}' twice");
            if (entry.Name == MetadataKey)
                Metadata = ParseMetadata(entry.Value);
            else
                tensors.Add(ParseTensor(entry.Name, entry.Value));
            if (tensors.Count > MaxTensors)
                throw Invalid(FormattableString.Invariant($"{MaxTensors:N0} tensors at most"), "more");
        }
        // An empty tensor begins where its neighbour does, and goes before it.
        Tensors =
        [
            .. tensors
                .OrderBy(tensor => tensor.Offset)
                .ThenBy(tensor => tensor.ByteCount)
                .ThenBy(tensor => tensor.Name, StringComparer.Ordinal),
        ];
    }

    private Dictionary<string, string> ParseMetadata(JsonElement value)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        if (value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Any(entry => entry.Value.ValueKind != JsonValueKind.String))
            throw Invalid($"texts in {MetadataKey}", Shorten(value.GetRawText()));
        foreach (var entry in value.EnumerateObject())
            if (!metadata.TryAdd(entry.Name, entry.Value.GetString()!))
                throw Invalid($"each name in {MetadataKey} once", $"'{entry.Name}' twice");
        return metadata;
    }

    private SafeTensorInfo ParseTensor(string name, JsonElement value)
    {
        var tensor = $"tensor '{name}': ";
        if (value.ValueKind != JsonValueKind.Object)
            throw Invalid($"{tensor}an object", value.ValueKind.ToString());
        var typeName = value.TryGetProperty("dtype", out var dtype) && dtype.ValueKind == JsonValueKind.String ? dtype.GetString() : null;
        if (SafeTensorType.Parse(typeName) is not { } type)
            throw Invalid($"{tensor}a dtype of {SafeTensorType.Names}", typeName is null ? "none" : $"'{typeName}'");
        if (Numbers(value, "shape") is not { Length: <= MaxRank } shape)
            throw Invalid($"{tensor}a shape of at most {MaxRank} whole numbers from 0", Text(value, "shape"));
        if (Numbers(value, "data_offsets") is not [var begin, var end] || begin > end)
            throw Invalid($"{tensor}data_offsets of two ascending whole numbers from 0", Text(value, "data_offsets"));
        if (ByteCount(type, shape) is not { } byteCount)
            throw Invalid($"{tensor}a shape whose size can be counted", Text(value, "shape"));
        if (byteCount != end - begin)
            throw Invalid($"{tensor}{byteCount} bytes for {typeName} {Text(value, "shape")}", $"{end - begin} in data_offsets");
        return new SafeTensorInfo(name, type, shape, begin, byteCount);
    }

    private void CheckLayout(long available)
    {
        var next = 0L;
        foreach (var tensor in Tensors)
        {
            if (tensor.Offset != next)
                throw Invalid($"tensor '{tensor.Name}': values at {next}, right behind the tensor before", $"{tensor.Offset}");
            next += tensor.ByteCount;
            if (next > available)
                throw Invalid($"tensor '{tensor.Name}': values up to {next}", $"{available} bytes of values in all");
        }
        if (next != available)
            throw Invalid($"{next} bytes of values", $"{available}");
    }

    /// <summary>Null where the size overflows, also as the strides of an empty tensor would.</summary>
    private static long? ByteCount(ScalarType type, long[] shape)
    {
        Int128 product = SafeTensorType.SizeOf(type);
        foreach (var size in shape)
            if ((product *= Math.Max(size, 1)) > long.MaxValue)
                return null;
        return shape.Contains(0) ? 0 : (long)product;
    }

    private static long[]? Numbers(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.Array)
            return null;
        // Longer than any shape; the list is refused with it.
        var numbers = new List<long>();
        foreach (var element in value.EnumerateArray().Take(MaxRank + 1))
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out var number) || number < 0)
                return null;
            numbers.Add(number);
        }
        return [.. numbers];
    }

    private static string Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) ? Shorten(value.GetRawText()) : "none";

    private static string Shorten(string text) => text.Length <= 100 ? text : $"{text[..100]}...";

    private InvalidDataException Invalid(string expected, string found) => new($"{_source}: expected {expected}, found {found}.");
}
