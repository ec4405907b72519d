using System.Security.Cryptography;
using System.Text;

namespace TfKd;

/// <summary>
/// The text that tells one value from another: by it a checkpoint knows its run, a cache its answers and a model its plan. Its lines are
/// the path of a member and what stands there; <see cref="IdentityWriter"/> has the rules. What people read is <see
/// cref="object.ToString"/>, and is never compared.
/// </summary>
internal static class CanonicalText
{
    /// <summary>The first line. Its number is raised when equal values get another text than before.</summary>
    public const string Header = "TfKd identity 1";

    /// <summary>Writes named values, in their order.</summary>
    /// <exception cref="InvalidOperationException">A member has no canonical text; the message has its path.</exception>
    public static string Of(params ReadOnlySpan<(string Name, object? Value)> parts)
    {
        var writer = new IdentityWriter();
        foreach (var (name, value) in parts)
            writer.Write(name, value);
        return string.Join('\n', writer.Lines.Select(line => line.ToString()).Prepend(Header));
    }

    /// <summary>What the members that are left out of the text of these values, or that could be, have by default; by path.</summary>
    public static IReadOnlyDictionary<string, string> DefaultsOf(params ReadOnlySpan<(string Name, object? Value)> parts)
    {
        var writer = new IdentityWriter();
        foreach (var (name, value) in parts)
            writer.Write(name, value);
        return writer.Defaults;
    }

    /// <summary>SHA-256 of a text, in hexadecimal digits.</summary>
    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
