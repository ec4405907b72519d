using System.Buffers.Binary;
using System.IO.Compression;

namespace TfKd;

/// <summary>
/// The CRC-32 of the entries of zip files (PKWARE's APPNOTE, section 4.4.7), which <see cref="ZipArchive"/> reads and does not compare.
/// </summary>
internal static class ZipChecksum
{
    // Reflected, as the format has it.
    private const uint Polynomial = 0xEDB88320;
    private const int BufferSize = 1 << 16;

    // Table k moves a byte over k more bytes: eight bytes are taken at a time, since files of weights are large.
    private static readonly uint[][] Tables = MakeTables();

    /// <summary>Reads an entry to its end; the caller has bounded its length.</summary>
    /// <exception cref="InvalidDataException">The content is not that which was written; the message does not name the file.</exception>
    public static void Require(ZipArchiveEntry entry)
    {
        using var content = entry.Open();
        var buffer = new byte[(int)Math.Clamp(entry.Length, 1, BufferSize)];
        var checksum = ~0u;
        for (int count; (count = content.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0;)
            checksum = Append(checksum, buffer.AsSpan(0, count));
        if (~checksum != entry.Crc32)
            throw new InvalidDataException(
                $"the file is damaged: expected the CRC-32 {entry.Crc32:x8} of '{entry.FullName}', found {~checksum:x8}. Copy or download "
                + "it "
                    + "again (or save it again, where it was written without checksums).");
    }

    /// <summary>The checksum of bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => ~Append(~0u, bytes);

    private static uint Append(uint checksum, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ checksum;
            checksum = Tables[7][(byte)word] ^ Tables[6][(byte)(word >> 8)] ^ Tables[5][(byte)(word >> 16)] ^ Tables[4][(byte)(word >> 24)]
                ^ Tables[3][(byte)(word >> 32)] ^ Tables[2][(byte)(word >> 40)] ^ Tables[1][(byte)(word >> 48)] ^ Tables[0][word >> 56];
        }

        foreach (var value in bytes)
            checksum = Tables[0][(byte)(checksum ^ value)] ^ checksum >> 8;
        return checksum;
    }

    private static uint[][] MakeTables()
    {
        var tables = new uint[8][];
        for (var table = 0; table < tables.Length; table++)
        {
            tables[table] = new uint[256];
            for (var value = 0u; value < 256; value++)
            {
                var checksum = table == 0 ? value : tables[table - 1][value];
                for (var bit = 0; bit < 8; bit++)
                    checksum = (checksum & 1) != 0 ? checksum >> 1 ^ Polynomial : checksum >> 1;
                tables[table][value] = checksum;
            }
        }

        return tables;
    }
}
