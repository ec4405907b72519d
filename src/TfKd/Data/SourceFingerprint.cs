using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace TfKd;

/// <summary>
/// Tells one set of labelled images from another: SHA-256 over shape, classes, and the SHA-256 of each row's label and pixels; then over
/// the rows' weights, sets of labels and teacher scores, where there are any.
/// </summary>
internal static class SourceFingerprint
{
    // What several processes sum at a time.
    private const int BlockRows = 4096;

    /// <param name="source">The set.</param>
    /// <param name="replicas">The processes that have it, each of which reads its own rows; null: this one alone.</param>
    public static string Of(IImageSource source, Replicas? replicas = null)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{source.Shape}\n{string.Join('\n', source.ClassNames)}"));
        var (share, row) = (ReplicaShare.Of(replicas), new byte[sizeof(int) + source.Shape.ByteCount]);
        for (var first = 0; first < source.Count; first += BlockRows)
        {
            var digests = new byte[Math.Min(BlockRows, source.Count - first) * SHA256.HashSizeInBytes];
            for (var i = 0; i < digests.Length / SHA256.HashSizeInBytes; i++)
            {
                if (!share.Owns(RowOrigin.Of(source, first + i)))
                    continue;
                BinaryPrimitives.WriteInt32LittleEndian(row, source.GetLabel(first + i));
                source.ReadPixels(first + i, row.AsSpan(sizeof(int)));
                SHA256.HashData(row, digests.AsSpan(i * SHA256.HashSizeInBytes));
            }

            Gather(digests, replicas);
            hash.AppendData(digests);
        }

        // Behind the rows, and only where they say something: a set without them keeps its fingerprint.
        if (source.Extras is { } extras)
            Append(hash, extras, source.Count);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // Each digest is of one process, and 0 in the others.
    private static void Gather(byte[] digests, Replicas? replicas)
    {
        if (replicas is null)
            return;
        var words = MemoryMarshal.Cast<byte, uint>(digests.AsSpan());
        var sums = new double[words.Length];
        for (var i = 0; i < words.Length; i++)
            sums[i] = words[i];
        replicas.Sum(sums.AsSpan());
        for (var i = 0; i < words.Length; i++)
            words[i] = (uint)sums[i];
    }

    private static void Append(IncrementalHash hash, SampleExtras extras, int rowCount)
    {
        var rows = Enumerable.Range(0, rowCount);
        if (rows.Any(i => extras.GetWeight(i) != 1))
        {
            hash.AppendData("weights"u8);
            hash.AppendData(MemoryMarshal.AsBytes<float>(rows.Select(extras.GetWeight).ToArray()));
        }

        if (rows.Any(i => extras.GetLabels(i).Count > 0))
        {
            hash.AppendData("label sets"u8);
            foreach (var i in rows)
            {
                int[] labels = [.. extras.GetLabels(i)];
                hash.AppendData(MemoryMarshal.AsBytes<int>([labels.Length, .. labels]));
            }
        }

        if (rows.Any(i => extras.GetScores(i).Length > 0))
        {
            hash.AppendData("teacher scores"u8);
            foreach (var i in rows)
                hash.AppendData(MemoryMarshal.AsBytes(extras.GetScores(i)));
        }
    }
}
