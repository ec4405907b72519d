using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace TfKd;

/// <summary>
/// Rows of pixels in a file that has no name any more, or loses it when it is closed: it goes with the process, however that ends. Filled
/// by one thread, then read by any number.
/// </summary>
/// <remarks>
/// Read, not mapped: pages of a mapped file that were touched count as the process's own memory until the system is short of it, and a full
/// disk would end the process. What was read lately is in the system's cache either way.
/// </remarks>
internal sealed class FilePixels : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private readonly SafeFileHandle _file;
    private readonly int _rowBytes;
    // The last rows, which are not in the file yet.
    private readonly byte[] _buffer;
    private int _written;
    private int _buffered;

    /// <param name="file">An empty file, open for reading and writing; owned.</param>
    /// <param name="path">Where it is, for messages.</param>
    /// <param name="rowBytes">Bytes of a row.</param>
    internal FilePixels(SafeFileHandle file, string path, int rowBytes)
    {
        (_file, Path, _rowBytes) = (file, path, rowBytes);
        _buffer = GC.AllocateUninitializedArray<byte>(Math.Max(1, BufferBytes / rowBytes) * rowBytes);
    }

    /// <summary>Where the file is or was; nothing need be found there.</summary>
    public string Path { get; }

    /// <summary>Makes the file.</summary>
    /// <param name="directory">The folder, made when it is missing.</param>
    /// <param name="rowBytes">Bytes of a row.</param>
    /// <param name="rowCount">How many rows will come; 0 where that is not known.</param>
    /// <exception cref="IOException">The file cannot be made, or has no room for so many rows.</exception>
    public static FilePixels Create(string directory, int rowBytes, long rowCount)
    {
        var folder = System.IO.Path.GetFullPath(directory);
        var path = System.IO.Path.Combine(folder, $"tfkd-{Guid.NewGuid():N}.pixels");
        try
        {
            Directory.CreateDirectory(folder);
            var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
            // Windows deletes the file of a process that was killed; elsewhere an open file needs no name.
            if (!OperatingSystem.IsWindows())
                File.Delete(path);
            var pixels = new FilePixels(file, path, rowBytes);
            if (FreeBytes(folder) is { } free && free / rowBytes < rowCount)
            {
                pixels.Dispose();
                throw new IOException(
                    FormattableString.Invariant($"its {rowCount} rows need {rowCount * (decimal)rowBytes} bytes, but {free} are free."));
            }

            return pixels;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"The decoded images are more than the memory budget, and the file '{path}' cannot take them: {exception.Message} Choose "
                    + "another folder or a larger budget.", exception);
        }
    }

    /// <exception cref="IOException">The file cannot be written; the row was not added.</exception>
    public void Add(ReadOnlySpan<byte> pixels)
    {
        if (_buffered * _rowBytes == _buffer.Length)
            Flush();
        pixels.CopyTo(_buffer.AsSpan(_buffered * _rowBytes, _rowBytes));
        _buffered++;
    }

    /// <exception cref="IOException">The file cannot be read.</exception>
    public void Read(int row, Span<byte> pixels)
    {
        if (row >= _written)
        {
            _buffer.AsSpan((row - _written) * _rowBytes, _rowBytes).CopyTo(pixels);
            return;
        }

        var offset = (long)row * _rowBytes;
        for (var read = 0; read < _rowBytes;)
        {
            var count = RandomAccess.Read(_file, pixels[read.._rowBytes], offset + read);
            if (count == 0)
                throw new IOException($"The file of decoded images '{Path}' ended at byte {offset + read}, within row {row} of "
                    + $"{_written}: another program cut it short.");
            read += count;
        }
    }

    public void Dispose() => _file.Dispose();

    private static long? FreeBytes(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A network share without a letter, say: the file itself will tell.
            return null;
        }
    }

    private void Flush()
    {
        var offset = (long)_written * _rowBytes;
        try
        {
            RandomAccess.Write(_file, _buffer, offset);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            var free = FreeBytes(System.IO.Path.GetDirectoryName(Path)!) is { } bytes
                ? FormattableString.Invariant($"{bytes}")
                : "an unknown number";
            throw new IOException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The file of decoded images '{Path}' has {offset} bytes and needs {_buffer.Length} more at least, of {free} that are "
                        + $"free: {exception.Message} Choose another folder or a larger memory budget."),
                exception);
        }

        _written += _buffered;
        _buffered = 0;
    }
}
