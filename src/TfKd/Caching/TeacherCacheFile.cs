using System.Numerics;
using System.Runtime.InteropServices;

namespace TfKd;

/// <summary>
/// Answers in a file: a header, a mark a row, the rows. A mark is the checksum of the row's number and bytes, written after them; 0 where
/// there is no answer. Each answer is compared with its mark when it is read: the operating system may write the marks to the disk before
/// the rows, and another process may cut the file. What its mark does not bear out counts as none. The file is not mapped into memory,
/// where one that is cut ends the process.
/// </summary>
internal sealed class TeacherCacheFile : TeacherCacheStore
{
    private const int HeaderBytes = 64;
    // In the byte order of the machine: a file of one with the other order is not mistaken for a file of this one.
    private const ulong Magic = 0x3152_5753_4E41_4454;

    private readonly FileStream _stream;
    private readonly int _rowCount;
    private readonly int _rowBytes;

    private TeacherCacheFile(FileStream stream, int rowCount, int rowBytes) : base(rowCount)
    {
        (_stream, _rowCount, _rowBytes) = (stream, rowCount, rowBytes);
        var (marks, row) = (new uint[rowCount], new byte[rowBytes]);
        if (!ReadWhole(MemoryMarshal.AsBytes(marks.AsSpan()), HeaderBytes))
            return;
        for (var i = 0; i < rowCount; i++)
        {
            if (marks[i] != 0 && ReadWhole(row, RowOffset(i)) && Mark(i, row) == marks[i])
                MarkKnown(i);
        }
    }

    /// <summary>Opens the file of a key, or makes it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="key">SHA-256 of what the answers depend on.</param>
    /// <param name="rowCount">Number of rows.</param>
    /// <param name="rowBytes">Bytes of an answer.</param>
    /// <param name="say">Told of a damaged file, which is made anew.</param>
    /// <exception cref="IOException">Another run fills the file, or the disk is full.</exception>
    public static TeacherCacheFile Open(string path, ReadOnlySpan<byte> key, int rowCount, int rowBytes, Action<string, bool> say)
    {
        var header = Header(key, rowCount, rowBytes);
        // A file without gaps is only read, by any number of runs; one with gaps belongs to the run that fills it.
        if (File.Exists(path) && OpenWhole(path, header, rowCount, rowBytes) is { } whole)
            return whole;
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            if (!Fits(stream, header, rowCount, rowBytes))
            {
                if (stream.Length > 0)
                    say($"'{path}' is damaged or was not finished, and is made anew: the teacher is asked for its rows again.", true);
                Make(stream, header, rowCount, rowBytes);
            }

            return new TeacherCacheFile(stream, rowCount, rowBytes);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The number of rows that a file has an answer to; 0 for one that is missing, damaged or being filled.</summary>
    public static int CountKnown(string path, ReadOnlySpan<byte> key, int rowCount, int rowBytes)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (!Fits(stream, Header(key, rowCount, rowBytes), rowCount, rowBytes))
                return 0;
            var marks = new uint[rowCount];
            stream.ReadExactly(MemoryMarshal.AsBytes(marks.AsSpan()));
            return marks.Count(mark => mark != 0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    public override void Dispose() => _stream.Dispose();

    protected override bool Read(int row, Span<byte> answer)
    {
        uint mark = 0;
        return ReadWhole(MemoryMarshal.AsBytes(new Span<uint>(ref mark)), MarkOffset(row))
            && ReadWhole(answer, RowOffset(row)) && mark == Mark(row, answer);
    }

    protected override bool Write(int row, ReadOnlySpan<byte> answer)
    {
        // A whole file that lost an answer is read by others, too, and stays as it is.
        if (!_stream.CanWrite)
            return false;
        var mark = Mark(row, answer);
        try
        {
            RandomAccess.Write(_stream.SafeFileHandle, answer, RowOffset(row));
            RandomAccess.Write(_stream.SafeFileHandle, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(ref mark)), MarkOffset(row));
            return true;
        }
        catch (IOException)
        {
            // A disk that is full, or gone: the row is asked again.
            return false;
        }
    }

    private bool ReadWhole(Span<byte> bytes, long offset)
    {
        try
        {
            while (bytes.Length > 0)
            {
                var count = RandomAccess.Read(_stream.SafeFileHandle, bytes, offset);
                if (count == 0)
                    return false;
                bytes = bytes[count..];
                offset += count;
            }

            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static TeacherCacheFile? OpenWhole(string path, byte[] header, int rowCount, int rowBytes)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (!Fits(stream, header, rowCount, rowBytes))
        {
            stream.Dispose();
            return null;
        }

        var file = new TeacherCacheFile(stream, rowCount, rowBytes);
        if (file.IsWhole)
            return file;
        file.Dispose();
        return null;
    }

    private static bool Fits(FileStream stream, byte[] header, int rowCount, int rowBytes)
    {
        var found = new byte[HeaderBytes];
        stream.Position = 0;
        return stream.Length == Length(rowCount, rowBytes)
            && stream.ReadAtLeast(found, HeaderBytes, throwOnEndOfStream: false) == HeaderBytes && found.AsSpan().SequenceEqual(header);
    }

    private static void Make(FileStream stream, byte[] header, int rowCount, int rowBytes)
    {
        stream.SetLength(0);
        try
        {
            // Zeros are written, not left out: a full disk is found out here. The header comes last.
            var zeros = new byte[1 << 20];
            for (var left = Length(rowCount, rowBytes); left > 0; left -= zeros.Length)
                stream.Write(zeros, 0, (int)Math.Min(left, zeros.Length));
            stream.Flush();
            stream.Position = 0;
            stream.Write(header);
            stream.Flush(flushToDisk: true);
        }
        catch
        {
            stream.SetLength(0);
            throw;
        }
    }

    private static byte[] Header(ReadOnlySpan<byte> key, int rowCount, int rowBytes)
    {
        var header = new byte[HeaderBytes];
        MemoryMarshal.Write(header, Magic);
        MemoryMarshal.Write(header.AsSpan(8), rowCount);
        MemoryMarshal.Write(header.AsSpan(12), rowBytes);
        key.CopyTo(header.AsSpan(16));
        return header;
    }

    private static uint Mark(int row, ReadOnlySpan<byte> answer)
    {
        var mark = BitOperations.Crc32C(~0u, (uint)row);
        var words = MemoryMarshal.Cast<byte, ulong>(answer);
        foreach (var word in words)
            mark = BitOperations.Crc32C(mark, word);
        foreach (var part in answer[(words.Length * sizeof(ulong))..])
            mark = BitOperations.Crc32C(mark, part);
        return mark == 0 ? 1 : mark;
    }

    private static long Length(int rowCount, int rowBytes) => HeaderBytes + rowCount * (sizeof(uint) + (long)rowBytes);

    private static long MarkOffset(int row) => HeaderBytes + (long)row * sizeof(uint);

    private long RowOffset(int row) => HeaderBytes + (long)_rowCount * sizeof(uint) + (long)row * _rowBytes;
}
