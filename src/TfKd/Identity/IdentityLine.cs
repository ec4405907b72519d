namespace TfKd;

/// <summary>One line of a canonical text.</summary>
/// <param name="Path">Where the value is; without a colon, but within the escapes of <see cref="ScalarText"/>.</param>
/// <param name="Text">What it is.</param>
internal readonly record struct IdentityLine(string Path, string Text)
{
    private const string Separator = ": ";

    public static IdentityLine Parse(string line)
    {
        var end = line.IndexOf(Separator, StringComparison.Ordinal);
        return end < 0 ? new IdentityLine(line, "") : new IdentityLine(line[..end], line[(end + Separator.Length)..]);
    }

    /// <summary>The text of the line of a path; null where an identity has none, since the value is its default.</summary>
    public static string? Find(string identity, string path) =>
        identity.Split('\n').Select(Parse).Where(line => line.Path == path).Select(line => line.Text).FirstOrDefault();

    public override string ToString() => Path + Separator + Text;
}
