using System.Buffers.Binary;
using System.Text;

namespace TfKd.Tests;

/// <summary>Reads TensorBoard's event files: records of TensorFlow's framing, each with two masked CRC-32C, of Event messages.</summary>
internal static class EventFile
{
    public sealed record Scalar(string Tag, long Step, float Value, double WallTime);

    /// <summary>All scalars of a file, in order.</summary>
    public static List<Scalar> Scalars(string path)
    {
        var scalars = new List<Scalar>();
        var events = Records(File.ReadAllBytes(path)).ToList();
        Assert.Equal("brain.Event:2", Encoding.UTF8.GetString(Fields(events[0]).Single(field => field.Number == 3).Bytes));
        foreach (var fields in events.Skip(1).Select(Fields))
        {
            var (time, step) = (BitConverter.Int64BitsToDouble((long)fields.Single(field =>
                field.Number == 1).Value), (long)fields.SingleOrDefault(field => field.Number == 2).Value);
            foreach (var value in Fields(fields.Single(field => field.Number == 5).Bytes).Select(field => Fields(field.Bytes)))
                scalars.Add(new(
                    Encoding.UTF8.GetString(value.Single(field => field.Number == 1).Bytes),
                    step,
                    BitConverter.UInt32BitsToSingle((uint)value.Single(field => field.Number == 2).Value),
                    time));
        }

        return scalars;
    }

    private static IEnumerable<byte[]> Records(byte[] file)
    {
        for (var at = 0; at < file.Length;)
        {
            var length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at)));
            Assert.Equal(MaskedCrc(file.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)));
            var data = file[(at + 12)..(at + 12 + length)];
            Assert.Equal(MaskedCrc(data), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length)));
            yield return data;
            at += 16 + length;
        }
    }

    // Bit by bit, of the polynomial of Castagnoli, and masked as TensorFlow's record_writer says.
    private static uint MaskedCrc(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
        }

        crc = ~crc;
        return (crc >> 15 | crc << 17) + 0xA282EAD8;
    }

    private static List<(int Number, ulong Value, byte[] Bytes)> Fields(byte[] message)
    {
        var (fields, at) = (new List<(int, ulong, byte[])>(), 0);
        while (at < message.Length)
        {
            var key = Varint();
            fields.Add((key & 7) switch
            {
                0 => ((int)(key >> 3), Varint(), []),
                1 => ((int)(key >> 3), BinaryPrimitives.ReadUInt64LittleEndian(Take(8)), []),
                2 => ((int)(key >> 3), 0, Take((int)Varint())),
                5 => ((int)(key >> 3), BinaryPrimitives.ReadUInt32LittleEndian(Take(4)), []),
                var type => throw new InvalidDataException($"Wire type {type} is not known."),
            });
        }

        return fields;

        ulong Varint()
        {
            var value = 0UL;
            for (var shift = 0; ; shift += 7)
            {
                var part = message[at++];
                value |= (ulong)(part & 127) << shift;
                if (part < 128)
                    return value;
            }
        }

        byte[] Take(int count)
        {
            at += count;
            return message[(at - count)..at];
        }
    }
}
