using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace TfKd;

/// <summary>
/// Tells one set of labelled images from another: SHA-256 over shape, classes, and each row's label and pixels; then over the rows'
/// weights, sets of labels and teacher scores, where there are any.
/// </summary>
internal static class SourceFingerprint
{
    public static string Of(IImageSource source)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{source.Shape}\n{string.Join('\n', source.ClassNames)}"));
        var row = new byte[sizeof(int) + source.Shape.ByteCount];
        for (var i = 0; i < source.Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(row, source.GetLabel(i));
            source.ReadPixels(i, row.AsSpan(sizeof(int)));
            hash.AppendData(row);
        }

        // Behind the rows, and only where they say something: a set without them keeps its fingerprint.
        if (source.Extras is { } extras)
            Append(hash, extras, source.Count);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
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
