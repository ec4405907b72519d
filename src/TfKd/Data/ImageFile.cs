using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace TfKd;

/// <summary>Opens image files: only regular ones, and none that is larger than <see cref="ImageLimits.MaxFileBytes"/>.</summary>
internal static class ImageFile
{
    /// <summary>Opens a file to be read from its start to its end.</summary>
    /// <param name="path">Its path, or that of a link to it.</param>
    /// <param name="length">Its size in bytes, above 0.</param>
    /// <exception cref="ImageDecodingException">The file is empty or too large, or a pipe or a device.</exception>
    /// <exception cref="IOException">The file is missing, or cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static SafeFileHandle Open(string path, out int length)
    {
        // Before it is opened: opening a pipe waits for who writes to it. A pipe, a device and a socket have no size.
        var size = SizeOf(path);
        if (size == 0)
            throw new ImageDecodingException("The image has no bytes. Expected a regular file that is not empty, and no pipe or device.");
        var limit = ImageLimits.Current.MostFileBytes;
        if (size > limit)
            throw TooLarge($"'{path}'", size, limit);
        var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        size = RandomAccess.GetLength(file);
        if (size <= limit)
        {
            length = (int)size;
            return file;
        }

        file.Dispose();
        throw TooLarge($"'{path}'", size, limit);
    }

    /// <summary>Reads the whole of a file that <see cref="Open"/> opened.</summary>
    /// <exception cref="IOException">It cannot be read, or became shorter meanwhile.</exception>
    public static void Read(SafeFileHandle file, string path, Span<byte> bytes)
    {
        for (var read = 0; read < bytes.Length;)
        {
            var count = RandomAccess.Read(file, bytes[read..], read);
            if (count == 0)
                throw new IOException($"'{path}' ended after {read} of {bytes.Length} bytes.");
            read += count;
        }
    }

    /// <summary>Reads and decodes a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="shape">What it is fitted to.</param>
    /// <param name="pixels">Takes the pixels.</param>
    /// <exception cref="ImageDecodingException">It is no image that can be used; the error names it.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static void Decode(string path, ImageShape shape, Span<byte> pixels)
    {
        using var file = Open(path, out var length);
        var encoded = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Read(file, path, encoded.AsSpan(0, length));
            ImageDecoder.Decode(encoded.AsSpan(0, length), shape, pixels);
        }
        catch (ImageDecodingException exception)
        {
            throw new ImageDecodingException($"The image of '{path}' cannot be used. {exception.Message}", exception);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(encoded);
        }
    }

    /// <summary>The error of an image that has more bytes than the limit says.</summary>
    /// <param name="what">Where the bytes are.</param>
    /// <param name="size">How many there are.</param>
    /// <param name="limit">The most that are read.</param>
    public static ImageDecodingException TooLarge(string what, long size, long limit) => new(
        $"{what} has {size} bytes; the most that is read is {limit} ({nameof(ImageLimits)}.{nameof(ImageLimits.MaxFileBytes)}).");

    // That of the file at the end of all links: the size of a link is the length of its text.
    private static long SizeOf(string path)
    {
        var file = new FileInfo(path);
        var target = file.LinkTarget is null ? file : (FileInfo)file.ResolveLinkTarget(returnFinalTarget: true)!;
        return target.Exists || !Directory.Exists(target.FullName)
            ? target.Length
            : throw new IOException($"'{path}' is a folder; expected a file.");
    }
}
