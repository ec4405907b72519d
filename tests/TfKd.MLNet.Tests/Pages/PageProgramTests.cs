using TfKd.Tests;

namespace TfKd.MLNet.Tests;

/// <summary>Every program of every page stands in a file of this folder as it stands in the page, and so compiles.</summary>
public sealed class PageProgramTests
{
    private const string Folder = "tests/TfKd.MLNet.Tests/Pages";

    private static readonly (string Name, string Text)[] _sources = [.. Directory.EnumerateFiles(Repository.PathOf(Folder), "*Page.cs")
        .Select(path => (Path.GetFileName(path), Normalize(File.ReadAllText(path))))];

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
    [InlineData("using System.NotThere;\n\nvar ml = new MLContext(seed: 1);")]
    public void A_program_that_stands_in_no_source_is_found(string program) =>
        Assert.Equal([Normalize(program)], NotCompiled(MarkdownPage.Parse($"```csharp\n{program}\n```")));

    private static IEnumerable<string> Programs(MarkdownPage page) => page.Blocks.Where(block => block.Language == "csharp").Select(block => Normalize(block.Text));

    private static IEnumerable<string> NotCompiled(MarkdownPage page) => Programs(page).Where(program => !_sources.Any(source => Holds(source.Text, program)));

    /// <summary>The namespaces that a program begins with stand at the top of its source, and the rest in one piece in a method or in a type.</summary>
    private static bool Holds(string source, string program)
    {
        var lines = program.Split('\n');
        var namespaces = lines.TakeWhile(line => line.Length == 0 || line is ['u', 's', 'i', 'n', 'g', ' ', .., ';'] && !line.Contains('=', StringComparison.Ordinal)).ToList();
        return namespaces.All(line => source.Contains($"{line}\n", StringComparison.Ordinal))
            && source.Contains(string.Join('\n', lines.Skip(namespaces.Count)), StringComparison.Ordinal);
    }

    private static string Normalize(string text) => string.Join('\n', text.ReplaceLineEndings("\n").Trim('\n').Split('\n').Select(line => line.Trim()));
}
