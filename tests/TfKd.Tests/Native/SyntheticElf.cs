using System.Buffers.Binary;
using System.Text;

namespace TfKd.Tests;

/// <summary>
/// A minimal shared object: header, one loaded segment, a dynamic section, a string table and needed versions; addresses lie 0x1000 above
/// file offsets.
/// </summary>
internal static class SyntheticElf
{
    private const int DynamicOffset = 64 + (2 * 56);
    private const int NeedsOffset = DynamicOffset + (4 * 16);
    private const ulong Base = 0x1000;

    public static byte[] Build(params (string Library, string[] Versions)[] needs)
    {
        var strings = new StringBuilder("\0");
        var sections = new List<byte[]>();
        for (var i = 0; i < needs.Length; i++)
            sections.Add(Need(needs[i].Library, needs[i].Versions, isLast: i == needs.Length - 1, strings));
        var needBytes = sections.SelectMany(section => section).ToArray();
        var stringOffset = NeedsOffset + needBytes.Length;
        var image = new byte[stringOffset + strings.Length];

        "\u007fELF"u8.CopyTo(image);
        image[4] = 2;
        image[5] = 1;
        Write64(image, 32, 64);
        Write16(image, 54, 56);
        Write16(image, 56, 2);
        Segment(image, 64, type: 1, offset: 0, address: Base, size: (ulong)image.Length);
        Segment(image, 64 + 56, type: 2, offset: DynamicOffset, address: Base + DynamicOffset, size: 4 * 16);
        Entry(image, 0, 5, Base + (ulong)stringOffset);
        Entry(image, 1, 0x6ffffffe, needs.Length == 0 ? 0 : Base + NeedsOffset);
        Entry(image, 2, 0x6fffffff, (ulong)needs.Length);
        needBytes.CopyTo(image, NeedsOffset);
        Encoding.ASCII.GetBytes(strings.ToString()).CopyTo(image, stringOffset);
        return image;
    }

    private static byte[] Need(string library, string[] versions, bool isLast, StringBuilder strings)
    {
        var bytes = new byte[16 + (16 * versions.Length)];
        Write16(bytes, 0, 1);
        Write16(bytes, 2, (ushort)versions.Length);
        Write32(bytes, 4, Add(strings, library));
        Write32(bytes, 8, 16);
        Write32(bytes, 12, isLast ? 0 : bytes.Length);
        for (var i = 0; i < versions.Length; i++)
        {
            Write32(bytes, 16 + (16 * i) + 8, Add(strings, versions[i]));
            Write32(bytes, 16 + (16 * i) + 12, i == versions.Length - 1 ? 0 : 16);
        }
        return bytes;
    }

    private static int Add(StringBuilder strings, string text)
    {
        var offset = strings.Length;
        strings.Append(text).Append('\0');
        return offset;
    }

    private static void Segment(byte[] image, int at, int type, ulong offset, ulong address, ulong size)
    {
        Write32(image, at, type);
        Write64(image, at + 8, offset);
        Write64(image, at + 16, address);
        Write64(image, at + 32, size);
    }

    private static void Entry(byte[] image, int index, ulong tag, ulong value)
    {
        Write64(image, DynamicOffset + (16 * index), tag);
        Write64(image, DynamicOffset + (16 * index) + 8, value);
    }

    private static void Write16(byte[] image, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(at), value);

    private static void Write32(byte[] image, int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(at), value);

    private static void Write64(byte[] image, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(at), value);
}
