using System.Text.RegularExpressions;
using TfKd.Tests;

namespace TfKd.MLNet.Tests;

/// <summary>Every program of every page stands in a file of this folder as it stands in the page, and so compiles.</summary>
public sealed partial class PageProgramTests
{
    private const string Folder = "tests/TfKd.MLNet.Tests/Pages";

    private static readonly string[] _sources =
        [.. Directory.EnumerateFiles(Repository.PathOf(Folder), "*Page.cs").Select(path => Normalize(File.ReadAllText(path)))];

    public static TheoryData<string> PagesWithPrograms => [.. Repository.Pages.Where(page => Programs(MarkdownPage.Read(page)).Any())];

    [Theory]
    [MemberData(nameof(PagesWithPrograms))]
    public void Every_program_of_a_page_is_compiled(string page) => Assert.Empty(NotCompiled(MarkdownPage.Read(page)));

    [Fact]
    public void Readme_has_programs()
    {
        Assert.NotEmpty(Programs(MarkdownPage.Read("README.md")));
        Assert.NotEmpty(_sources);
    }

    [Theory]
    [InlineData("var notThere = new MLContext(seed: 12345);")]
    [InlineData("var ml = new MLContext(seed")]
    [InlineData("using System.NotThere;\n\nvar ml = new MLContext(seed: 1);")]
    public void A_program_that_stands_in_no_source_is_found(string program) =>
        Assert.Equal([Normalize(program)], NotCompiled(MarkdownPage.Parse($"```csharp\n{program}\n```")));

    private static IEnumerable<string> Programs(MarkdownPage page) =>
        page.Blocks.Where(block => block.Language == "csharp").Select(block => Normalize(block.Text));

    private static IEnumerable<string> NotCompiled(MarkdownPage page) =>
        Programs(page).Where(program => !_sources.Any(source => Holds(source, program)));

    /// <summary>The namespaces that a program begins with stand at the top of its source, and the rest in one piece.</summary>
    private static bool Holds(string source, string program)
    {
        var lines = program.Split('\n');
        var namespaces = lines.TakeWhile(line => line.Length == 0 || UsingNamespace().IsMatch(line)).ToList();
        return namespaces.All(line => HasLines(line)) && HasLines(string.Join('\n', lines.Skip(namespaces.Count)));

        bool HasLines(string text) => $"\n{source}\n".Contains($"\n{text}\n", StringComparison.Ordinal);
    }

    private static string Normalize(string text) =>
        string.Join('\n', text.ReplaceLineEndings("\n").Trim('\n').Split('\n').Select(line => line.Trim()));

    [GeneratedRegex(@"^using [\w.]+;$")]
    private static partial Regex UsingNamespace();
}
