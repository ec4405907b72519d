using System.Buffers.Binary;
using System.Text;

namespace TfKd;

/// <summary>
/// One message in protobuf's wire format, under construction; the caller knows the schema and gives the field numbers. Payloads and inner
/// messages are kept by reference and written once, so the size of a model's weights costs no second copy.
/// </summary>
internal sealed class ProtoMessage
{
    private const int VarintType = 0;
    private const int LengthPrefixedType = 2;
    private const int Fixed32Type = 5;

    private readonly List<ReadOnlyMemory<byte>> _parts = [];

    /// <summary>Size in bytes.</summary>
    public long Length { get; private set; }

    public ProtoMessage Integer(int field, long value) => Tag(field, VarintType).Varint((ulong)value);

    public ProtoMessage Float(int field, float value)
    {
        var bytes = new byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        return Tag(field, Fixed32Type).Append(bytes);
    }

    public ProtoMessage Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    /// <summary>Appends bytes, which must not change before the message is written.</summary>
    public ProtoMessage Bytes(int field, ReadOnlyMemory<byte> value) =>
        Tag(field, LengthPrefixedType).Varint((ulong)value.Length).Append(value);

    /// <summary>Appends an inner message as it is now.</summary>
    public ProtoMessage Message(int field, ProtoMessage value)
    {
        Tag(field, LengthPrefixedType).Varint((ulong)value.Length);
        _parts.AddRange(value._parts);
        Length += value.Length;
        return this;
    }

    public void WriteTo(Stream destination)
    {
        foreach (var part in _parts)
            destination.Write(part.Span);
    }

    private ProtoMessage Tag(int field, int wireType) => Varint((ulong)(field << 3 | wireType));

    private ProtoMessage Varint(ulong value)
    {
        Span<byte> bytes = stackalloc byte[10];
        var count = 0;
        for (; value >= 0x80; value >>= 7)
            bytes[count++] = (byte)(value | 0x80);
        bytes[count++] = (byte)value;
        return Append(bytes[..count].ToArray());
    }

    private ProtoMessage Append(ReadOnlyMemory<byte> bytes)
    {
        _parts.Add(bytes);
        Length += bytes.Length;
        return this;
    }
}
