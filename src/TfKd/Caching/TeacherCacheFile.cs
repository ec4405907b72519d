using System.IO.MemoryMappedFiles;
using System.Numerics;
using System.Runtime.InteropServices;

namespace TfKd;

/// <summary>
/// Answers in a memory-mapped file: a header, a mark a row, the rows. A mark is the checksum of the row's number and bytes, written after
/// them; 0 where there is no answer. The operating system may write the marks to the disk before the rows: after a power cut a mark that
/// its row does not bear out counts as none.
/// </summary>
internal sealed class TeacherCacheFile : TeacherCacheStore
{
    private const int HeaderBytes = 64;
    // In the byte order of the machine: a file of one with the other order is not mistaken for a file of this one.
    private const ulong Magic = 0x3152_5753_4E41_4454;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly int _rowCount;
    private readonly int _rowBytes;

    private TeacherCacheFile(FileStream stream, int rowCount, int rowBytes, bool isReadOnly) : base(rowCount)
    {
        (_rowCount, _rowBytes) = (rowCount, rowBytes);
        var access = isReadOnly ? MemoryMappedFileAccess.Read : MemoryMappedFileAccess.ReadWrite;
        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, access, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, Length(rowCount, rowBytes), access);
        var (marks, row) = (new uint[rowCount], new byte[rowBytes]);
        _view.SafeMemoryMappedViewHandle.ReadSpan<uint>(HeaderBytes, marks);
        for (var i = 0; i < rowCount; i++)
        {
            if (marks[i] == 0)
                continue;
            Read(i, row);
            if (Mark(i, row) == marks[i])
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

            return new TeacherCacheFile(stream, rowCount, rowBytes, isReadOnly: false);
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

    public override void Read(int row, Span<byte> answer) => _view.SafeMemoryMappedViewHandle.ReadSpan((ulong)RowOffset(row), answer);

    public override void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    protected override void Write(int row, ReadOnlySpan<byte> answer)
    {
        _view.SafeMemoryMappedViewHandle.WriteSpan((ulong)RowOffset(row), answer);
        Thread.MemoryBarrier();
        _view.Write(HeaderBytes + (long)row * sizeof(uint), Mark(row, answer));
    }

    private static TeacherCacheFile? OpenWhole(string path, byte[] header, int rowCount, int rowBytes)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (!Fits(stream, header, rowCount, rowBytes))
        {
            stream.Dispose();
            return null;
        }

        var file = new TeacherCacheFile(stream, rowCount, rowBytes, isReadOnly: true);
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
            && stream.ReadAtLeast(found, HeaderBytes, throwOnEndOfStream: false) == HeaderBytes
            && found.AsSpan().SequenceEqual(header);
    }

    private static void Make(FileStream stream, byte[] header, int rowCount, int rowBytes)
    {
        stream.SetLength(0);
        try
        {
            // Zeros are written, not left out: on a full disk this is an error, where a write to a mapped hole would end the process. The
            // header comes last.
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

    private long RowOffset(int row) => HeaderBytes + (long)_rowCount * sizeof(uint) + (long)row * _rowBytes;
}
