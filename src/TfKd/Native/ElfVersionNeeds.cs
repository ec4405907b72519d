using System.Buffers.Binary;
using System.Text;

namespace TfKd;

/// <summary>
/// Edits the symbol versions that a shared object needs (section .gnu.version_r) in a little-endian ELF64 image. The layout is that of the
/// System V ABI with the GNU extensions for symbol versions (Linux Standard Base Core, chapter 'Symbol Versioning').
/// </summary>
internal static class ElfVersionNeeds
{
    private const int LoadSegment = 1;
    private const int DynamicSegment = 2;
    private const ulong StringTableTag = 5;
    private const ulong VersionNeedsTag = 0x6ffffffe;
    private const ulong VersionNeedsCountTag = 0x6fffffff;
    private const ushort WeakFlag = 2;

    /// <summary>
    /// Marks one needed version as weak: the dynamic loader then no longer refuses the image where <paramref name="library"/> lacks it.
    /// </summary>
    /// <returns>False where the image does not need that version.</returns>
    /// <exception cref="BadImageFormatException">The image is not a little-endian ELF64 file, or is damaged.</exception>
    public static bool MakeWeak(Span<byte> image, string library, string version)
    {
        try
        {
            if (FindFlags(image, library, version) is not { } flags)
                return false;
            BinaryPrimitives.WriteUInt16LittleEndian(image[flags..], (ushort)(UInt16(image, flags) | WeakFlag));
            return true;
        }
        catch (Exception exception) when (exception is ArgumentOutOfRangeException or OverflowException or IndexOutOfRangeException)
        {
            throw new BadImageFormatException("The ELF image is damaged: a table points outside of the file.", exception);
        }
    }

    private static int? FindFlags(ReadOnlySpan<byte> image, string library, string version)
    {
        if (image.Length < 64 || !image.StartsWith("\u007fELF"u8) || image[4] != 2 || image[5] != 1)
            throw new BadImageFormatException("Expected a little-endian ELF64 image.");
        var (stringTable, needs, count) = ReadDynamicSection(image);
        if (needs == 0)
            return null;

        var strings = ToFileOffset(image, stringTable);
        var need = ToFileOffset(image, needs);
        for (; count > 0; count--, need += Int32(image, need + 12))
        {
            if (!TextAt(image, strings + Int32(image, need + 4)).SequenceEqual(Encoding.ASCII.GetBytes(library)))
                continue;
            var entry = need + Int32(image, need + 8);
            for (var left = UInt16(image, need + 2); left > 0; left--, entry += Int32(image, entry + 12))
                if (TextAt(image, strings + Int32(image, entry + 8)).SequenceEqual(Encoding.ASCII.GetBytes(version)))
                    return entry + 4;
        }
        return null;
    }

    private static (ulong StringTable, ulong Needs, int Count) ReadDynamicSection(ReadOnlySpan<byte> image)
    {
        (ulong StringTable, ulong Needs, int Count) found = default;
        foreach (var (type, offset, _, size) in Segments(image))
        {
            if (type != DynamicSegment)
                continue;
            for (var entry = offset; entry < offset + size && UInt64(image, (int)entry) != 0; entry += 16)
            {
                var value = UInt64(image, (int)entry + 8);
                switch (UInt64(image, (int)entry))
                {
                    case StringTableTag: found.StringTable = value; break;
                    case VersionNeedsTag: found.Needs = value; break;
                    case VersionNeedsCountTag: found.Count = checked((int)value); break;
                }
            }
        }
        return found;
    }

    private static int ToFileOffset(ReadOnlySpan<byte> image, ulong address)
    {
        foreach (var (type, offset, start, size) in Segments(image))
            if (type == LoadSegment && address >= start && address - start < size)
                return checked((int)(offset + (address - start)));
        throw new BadImageFormatException($"The ELF image is damaged: no segment holds address 0x{address:x}.");
    }

    private static (uint Type, ulong Offset, ulong Address, ulong FileSize)[] Segments(ReadOnlySpan<byte> image)
    {
        var header = checked((int)UInt64(image, 32));
        var stride = UInt16(image, 54);
        var segments = new (uint, ulong, ulong, ulong)[UInt16(image, 56)];
        for (var i = 0; i < segments.Length; i++, header += stride)
            segments[i] = ((uint)Int32(image, header), UInt64(image, header + 8), UInt64(image, header + 16), UInt64(image, header + 32));
        return segments;
    }

    private static ushort UInt16(ReadOnlySpan<byte> image, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(image[offset..]);

    private static int Int32(ReadOnlySpan<byte> image, int offset) => BinaryPrimitives.ReadInt32LittleEndian(image[offset..]);

    private static ulong UInt64(ReadOnlySpan<byte> image, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(image[offset..]);

    private static ReadOnlySpan<byte> TextAt(ReadOnlySpan<byte> image, int offset) => image[offset..][..image[offset..].IndexOf((byte)0)];
}
