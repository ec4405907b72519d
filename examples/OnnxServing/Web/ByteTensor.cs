using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OnnxServing;

/// <summary>
/// Bytes that a request has as an array of numbers, flat or nested. A number takes a byte here, and never less than two in the request.
/// </summary>
[JsonConverter(typeof(Converter))]
internal sealed class ByteTensor
{
    private const int Unknown = -1;

    private readonly ArrayBufferWriter<byte> _values = new();
    private readonly List<int> _shape = [];
    private int _valueDepth = Unknown;

    /// <summary>The values, by row.</summary>
    public Memory<byte> Values => MemoryMarshal.AsMemory(_values.WrittenMemory);

    /// <summary>How many there are at each depth.</summary>
    public IEnumerable<long> Shape => _shape.Select(count => (long)count);

    /// <summary>Whether no array is in another.</summary>
    public bool IsFlat => _shape.Count == 1;

    private void ReadArray(ref Utf8JsonReader reader, int depth)
    {
        if (_shape.Count == depth)
            _shape.Add(Unknown);
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            count++;
            if (reader.TokenType == JsonTokenType.StartArray)
                ReadArray(ref reader, depth + 1);
            else
                ReadValue(ref reader, depth);
        }

        if (_shape[depth] == Unknown)
            _shape[depth] = count;
        else if (_shape[depth] != count)
            throw new JsonException($"Arrays of one depth must have one length, but have {_shape[depth]} and {count}.");
    }

    private void ReadValue(ref Utf8JsonReader reader, int depth)
    {
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetByte(out var value))
            throw new JsonException("Values must be whole numbers from 0 to 255.");
        if (_valueDepth == Unknown)
            _valueDepth = depth;
        else if (_valueDepth != depth)
            throw new JsonException("Values must all be at one depth.");
        _values.GetSpan(1)[0] = value;
        _values.Advance(1);
    }

    private sealed class Converter : JsonConverter<ByteTensor>
    {
        public override ByteTensor Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.StartArray)
                throw new JsonException("Data must be an array.");
            var tensor = new ByteTensor();
            tensor.ReadArray(ref reader, 0);
            return tensor;
        }

        public override void Write(Utf8JsonWriter writer, ByteTensor value, JsonSerializerOptions options) =>
            throw new NotSupportedException("Requests are only read.");
    }
}
