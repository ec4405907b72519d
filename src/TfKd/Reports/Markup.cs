using System.Text;

namespace TfKd;

/// <summary>
/// HTML that is well-formed XML, too. <c>Markup.Of($"...")</c> escapes whatever stands in braces, unless it is markup itself, and writes
/// numbers in the invariant culture: a text cannot become an element or an attribute by being forgotten.
/// </summary>
/// <param name="Html">The text as it stands in the file.</param>
internal readonly record struct Markup(string Html)
{
    /// <summary>Nothing.</summary>
    public static Markup Empty { get; } = new("");

    /// <summary>What the literal says, with all that stands in braces escaped.</summary>
    public static Markup Of(MarkupHandler handler) => handler.ToMarkup();

    /// <summary>One after the other.</summary>
    public static Markup Join(IEnumerable<Markup> parts) => new(string.Concat(parts.Select(part => part.Html)));

    /// <summary>A text for element content and for attributes in double quotes.</summary>
    public static string Escape(string text) => Legal(text)
        .Replace("&", "&amp;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("\"", "&quot;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal);

    /// <summary>
    /// The text with the replacement character in the place of all that XML does not have: control characters and halves of pairs.
    /// </summary>
    private static string Legal(string text)
    {
        var legal = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            legal.Append(rune.Value is '\n' or '\t' or (>= ' ' and not (0xFFFE or 0xFFFF)) ? rune : Rune.ReplacementChar);
        return legal.ToString();
    }

    /// <inheritdoc/>
    public override string ToString() => Html;
}
