using System.Buffers;

namespace OnnxServing;

/// <summary>Photos with what the network says of them, and those that could not be read.</summary>
/// <param name="Good">The paths of the first.</param>
/// <param name="Scores">A probability a class of each, one photo after the other.</param>
/// <param name="Bad">The others, with what is wrong.</param>
internal sealed record ScoredBatch(IReadOnlyList<string> Good, float[] Scores, IReadOnlyList<(string Path, string Reason)> Bad)
{
    // An encoded photo is in memory as a whole.
    private const long MostBytes = 1 << 28;

    /// <summary>Reads the files and decodes them, one after the other, and scores them at once.</summary>
    /// <param name="classifier">The network.</param>
    /// <param name="root">The folder where the paths start.</param>
    /// <param name="paths">The files.</param>
    /// <param name="pixels">Room for the pixels of all.</param>
    public static ScoredBatch Of(OnnxClassifier classifier, string root, IReadOnlyList<string> paths, byte[] pixels)
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

        return new ScoredBatch(good, good.Count == 0 ? [] : classifier.Score(pixels, good.Count), bad);
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
