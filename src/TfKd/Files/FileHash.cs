using System.Security.Cryptography;

namespace TfKd;

/// <summary>What tells a file's content from others, whatever the file is called.</summary>
internal static class FileHash
{
    /// <summary>SHA-256 of a file, in hexadecimal digits.</summary>
    public static string Of(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
