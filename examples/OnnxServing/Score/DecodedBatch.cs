using System.Buffers;

namespace OnnxServing;

/// <summary>Photos whose pixels are ready for the network, and those that could not be read.</summary>
/// <param name="Pixels">Those of the good photos, one after the other; there may be room behind them.</param>
/// <param name="Good">Their paths.</param>
/// <param name="Bad">The others, with what is wrong.</param>
internal sealed record DecodedBatch(byte[] Pixels, IReadOnlyList<string> Good, IReadOnlyList<(string Path, string Reason)> Bad)
{
    // An encoded photo is in memory as a whole.
    private const long MostBytes = 1 << 28;

    /// <summary>Reads the files and decodes them, one after the other.</summary>
    public static DecodedBatch Read(OnnxClassifier classifier, string root, IReadOnlyList<string> paths, byte[] pixels)
    {
        List<string> good = [];
        List<(string, string)> bad = [];
        foreach (var path in paths)
        {
            try
            {
                ReadFile(classifier, Path.Combine(root, path), pixels.AsSpan(good.Count * classifier.PixelBytes));
                good.Add(path);
            }
            catch (Exception error) when (error is UnreadableImageException or IOException or UnauthorizedAccessException
                or NotSupportedException or ArgumentException)
            {
                bad.Add((path, error.Message));
            }
        }

        return new DecodedBatch(pixels, good, bad);
    }

    private static void ReadFile(OnnxClassifier classifier, string path, Span<byte> pixels)
    {
        using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        var length = RandomAccess.GetLength(file);
        if (length > MostBytes)
            throw new UnreadableImageException($"The file has {length} bytes; the most that is read is {MostBytes}.");
        // Buffers that are used again: those of photos are large, and each would wait for a collection of everything.
        var buffer = ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            var (read, more) = (0, 0);
            do
                read += more = RandomAccess.Read(file, buffer.AsSpan(read, (int)length - read), read);
            while (more > 0);
            classifier.Decode(buffer.AsSpan(0, read), pixels);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
