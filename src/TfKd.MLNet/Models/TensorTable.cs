using System.Buffers.Binary;
using System.Text.Json;

namespace TfKd.MLNet;

/// <summary>Names and shapes of the tensors in a safetensors file, without reading the tensors.</summary>
internal static class TensorTable
{
    private const int LengthBytes = 8;

    /// <exception cref="InvalidDataException">The header is cut short or is no such header.</exception>
    public static Dictionary<string, IReadOnlyList<long>> Read(ReadOnlyMemory<byte> weights)
    {
        if (weights.Length < LengthBytes)
            throw new InvalidDataException($"The weights have {weights.Length} bytes; expected a safetensors header.");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(weights.Span);
        if (length > (ulong)(weights.Length - LengthBytes))
            throw new InvalidDataException($"The weights have {weights.Length} bytes, but their header alone has {length}: they are cut short, or no safetensors.");
        try
        {
            using var header = JsonDocument.Parse(weights.Slice(LengthBytes, (int)length));
            return header.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__").ToDictionary(
                entry => entry.Name,
                entry => (IReadOnlyList<long>)[.. entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())]);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new InvalidDataException($"The header of the weights is not readable: {exception.Message}", exception);
        }
    }

    /// <summary>All differences at once, one a line; empty where there are none.</summary>
    public static IEnumerable<string> Differences(IReadOnlyDictionary<string, IReadOnlyList<long>> expected, IReadOnlyDictionary<string, IReadOnlyList<long>> found)
    {
        foreach (var (name, shape) in expected)
        {
            if (!found.TryGetValue(name, out var other))
                yield return $"missing: {name} {Text(shape)}";
            else if (!shape.SequenceEqual(other))
                yield return $"wrong shape: {name} should be {Text(shape)}, but is {Text(other)}";
        }

        foreach (var (name, shape) in found)
        {
            if (!expected.ContainsKey(name))
                yield return $"unexpected: {name} {Text(shape)}";
        }
    }

    private static string Text(IReadOnlyList<long> shape) => $"[{string.Join(',', shape)}]";
}
