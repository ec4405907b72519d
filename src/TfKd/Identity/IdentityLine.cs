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

    public override string ToString() => Path + Separator + Text;
}
