using System.Buffers.Binary;
using System.Text;

namespace TfKd;

/// <summary>Goes through the fields of one message in protobuf's wire format (protobuf.dev/programming-guides/encoding).</summary>
/// <param name="message">The message.</param>
internal ref struct ProtoFields(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The field's number.</summary>
    public int Number { get; private set; }

    /// <summary>The value of a field that is a whole number; otherwise 0.</summary>
    public ulong Value { get; private set; }

    /// <summary>The content of a field that has a length: a text, bytes or a message; otherwise empty.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Whether the field has a length.</summary>
    public bool HasLength { get; private set; }

    /// <summary>The content as text.</summary>
    public readonly string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>Goes on to the next field.</summary>
    /// <exception cref="InvalidDataException">What follows is no field.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty)
            return false;
        var tag = Varint();
        Number = (int)Math.Min(tag >> 3, int.MaxValue);
        Value = 0;
        Bytes = default;
        HasLength = (tag & 7) == 2;
        switch (tag & 7)
        {
            case 0: Value = Varint(); break;
            case 1: Value = BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong))); break;
            case 2: Bytes = Take(Varint()); break;
            case 5: Value = BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint))); break;
            default: throw Invalid();
        }

        return true;
    }

    /// <summary>Adds the whole numbers of a repeated field: one, or several where it is packed.</summary>
    public readonly void AddIntegers(List<long> values)
    {
        if (!HasLength)
        {
            values.Add((long)Value);
            return;
        }

        for (var packed = new ProtoFields(Bytes); !packed._rest.IsEmpty;)
            values.Add((long)packed.Varint());
    }

    private ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = Take(1)[0];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }

        throw Invalid();
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_rest.Length)
            throw Invalid();
        var bytes = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return bytes;
    }

    private static InvalidDataException Invalid() => new("expected the fields of a protobuf message, found other bytes.");
}
