using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TfKd;

/// <summary>Tells one set of labelled images from another: SHA-256 over shape, classes, and each row's label and pixels.</summary>
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

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
