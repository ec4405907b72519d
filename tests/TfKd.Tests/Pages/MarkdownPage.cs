using System.Text.RegularExpressions;

namespace TfKd.Tests;

/// <summary>What the tests of the repository's pages look at: links, headings, blocks of code, rows of tables.</summary>
internal sealed partial class MarkdownPage
{
    private MarkdownPage(string text)
    {
        Blocks = [.. Fences().Matches(text).Select(block => (block.Groups[1].Value, block.Groups[2].Value))];
        Prose = Fences().Replace(text, "");
    }

    /// <summary>The blocks of code, with the language they are marked with.</summary>
    public IReadOnlyList<(string Language, string Text)> Blocks { get; }

    /// <summary>The page without its blocks of code.</summary>
    public string Prose { get; }

    /// <summary>The targets of links and pictures that are relative: paths, with anchors where they have any.</summary>
    public IEnumerable<string> RelativeLinks =>
        Links().Matches(Prose).Select(link => link.Groups[1].Value).Where(target => !target.Contains("://", StringComparison.Ordinal));

    /// <summary>The anchors of the headings, in the form that GitHub gives them.</summary>
    public IEnumerable<string> Anchors => Headings().Matches(Prose).Select(heading =>
        NotInAnchors().Replace(heading.Groups[1].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    /// <summary>What stands in backticks.</summary>
    public IEnumerable<string> InlineCode => Code().Matches(Prose).Select(code => code.Groups[1].Value);

    public static MarkdownPage Parse(string text) => new(text.ReplaceLineEndings("\n"));

    public static MarkdownPage Read(string relative) => Parse(File.ReadAllText(Repository.PathOf(relative)));

    /// <summary>The part under a heading, up to the next heading of the same rank or above.</summary>
    public MarkdownPage Section(string heading)
    {
        var match = Regex.Match(Prose, $@"^(#+) {Regex.Escape(heading)}$", RegexOptions.Multiline);
        Assert.True(match.Success, $"The page has no heading '{heading}'.");
        var rest = Prose[(match.Index + match.Length)..];
        var next = Regex.Match(rest, $@"^#{{1,{match.Groups[1].Length}}} ", RegexOptions.Multiline);
        return new MarkdownPage(next.Success ? rest[..next.Index] : rest);
    }

    /// <summary>The code in the first cell of each row of the tables that begins with code.</summary>
    public IEnumerable<string> FirstCells => Rows().Matches(Prose).Select(row => row.Groups[1].Value);

    [GeneratedRegex(@"^```(\w*)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fences();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Links();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Headings();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"^\| `([^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Rows();
}
