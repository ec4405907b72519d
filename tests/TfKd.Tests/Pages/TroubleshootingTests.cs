using System.Text.RegularExpressions;

namespace TfKd.Tests;

/// <summary>examples/guides/troubleshooting.md: its messages are those of the source, and those that a user of the trainer meets.</summary>
public sealed partial class TroubleshootingTests
{
    /// <summary>What a user of the trainer runs into: its own folder, its columns and images, plan, loop, checkpoints, initial weights.</summary>
    private static readonly string[] _rooms =
    [
        "src/TfKd.MLNet/Columns", "src/TfKd.MLNet/Images", "src/TfKd.MLNet/Training", "src/TfKd/Plan", "src/TfKd/Loop",
        "src/TfKd/Checkpoints", "src/TfKd/Transfer",
    ];

    /// <summary>Messages to programs that break ML.NET's contract of cursors: nobody who writes a pipeline meets them.</summary>
    private static readonly string[] _toProgrammers =
    [
        "The cursor stands on no row.",
        "Column '…' was not asked for when the cursor was made.",
        "Column '…' is …, but was asked for as ….",
    ];

    private static readonly string _page = File.ReadAllText(Repository.PathOf("examples/guides/troubleshooting.md")).ReplaceLineEndings("\n");

    [Fact]
    public void Every_message_of_the_page_is_in_the_source()
    {
        var quoted = Quoted(_page);
        Assert.True(quoted.Count > 100, $"The page quotes {quoted.Count} messages.");
        Assert.Empty(quoted.Except(InSource()));
    }

    [Fact]
    public void Every_message_that_a_user_of_the_trainer_meets_is_on_the_page()
    {
        var files = _rooms.SelectMany(Repository.SourceFiles)
            .Concat(Directory.EnumerateFiles(Repository.PathOf("src/TfKd.MLNet"), "*.cs"));
        var met = files
            .SelectMany(path => SourceMessages.OfExceptions(SourceMessages.Parse(File.ReadAllText(path))))
            .Select(OnOneLine)
            .Distinct()
            .ToList();
        Assert.Empty(_toProgrammers.Except(met));
        Assert.Empty(met.Except(_toProgrammers).Except(Quoted(_page)));
    }

    [Fact]
    public void Messages_are_read_from_code_and_from_the_page()
    {
        var code = SourceMessages.Parse("""
            class C
            {
                Exception A(int x) => new($"{nameof(Options.Size)} is {x}, " + $"but '{{' is not.");
                Exception B(int x) => throw new InvalidOperationException(x > 0 ? $"There is {x} of it." : "There is none of it.");
                Exception C(int x) => throw new ArgumentOutOfRangeException(nameof(x), x, "It must be above 0.");
            }
            """);

        Assert.Equal(["Size is …, but '{' is not.", "There is … of it.", "There is none of it."], SourceMessages.OfExceptions(code));
        Assert.Equal(["One message here, of two", "and another one of two"], Quoted("""
            Text `no message, but code`.
            - `One message here,
              of two`\
              `and another one of two`\
              `Code` in the cure is none.
            """));
    }

    private static HashSet<string> InSource() => [.. Repository.SourceFiles("src")
        .SelectMany(path => SourceMessages.AllOf(SourceMessages.Parse(File.ReadAllText(path))))
        .Select(OnOneLine)];

    /// <summary>The code that list items begin with, in lines that end there.</summary>
    private static List<string> Quoted(string page) =>
    [
        .. Item().Matches(page)
            .SelectMany(item => Code().Matches(item.Groups[1].Value))
            .Select(code => OnOneLine(code.Groups[1].Value)),
    ];

    private static string OnOneLine(string text) => Unknown().Replace(Space().Replace(text, " "), "…").Trim();

    [GeneratedRegex(@"^- ((?:`[^`]+`\\\n\s+)+)", RegexOptions.Multiline)]
    private static partial Regex Item();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    [GeneratedRegex("…+")]
    private static partial Regex Unknown();
}
