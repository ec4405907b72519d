using System.Text.RegularExpressions;

namespace TfKd.Tests;

/// <summary>What src/README.md says of the rooms and flows, held against the folders, the tested order and the source files.</summary>
public sealed partial class SourcePageTests
{
    /// <summary>Types of ML.NET that the flows name, and a namespace.</summary>
    private static readonly string[] Foreign = ["IDataView", "PredictionEngine", "TfKd"];

    private static readonly MarkdownPage _page = MarkdownPage.Read("src/README.md");

    private static readonly HashSet<string> _types = [.. ((string[])["src", "tests"])
        .SelectMany(Repository.SourceFiles)
        .Select(path => Path.GetFileName(path).Split('.')[0])];

    [Fact]
    public void Rooms_of_the_core_are_its_folders_in_the_tested_order()
    {
        var rooms = _page.Section("Core: src/TfKd").FirstCells;

        Assert.Equal(ArchitectureTests.Rooms, rooms);
        Assert.Equal(Folders("src/TfKd"), rooms.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_type_that_the_page_names_has_a_source_file()
    {
        var named = Named(_page).ToList();

        Assert.Contains("TrainingPlan", named);
        Assert.Empty(named.Except(_types).Except(Foreign));
    }

    [Fact]
    public void Every_foreign_type_of_the_list_is_named() => Assert.Empty(Foreign.Except(Named(_page)));

    [Fact]
    public void A_type_that_is_not_there_is_found()
    {
        var page = MarkdownPage.Parse("`NoSuchType` of `Trainer`\n```text\nTrainingPlan -> NoSuchOtherType\n```");

        Assert.Equal(["NoSuchType", "NoSuchOtherType"], Named(page).Except(_types));
    }

    /// <summary>In backticks any name with a capital; in the flows those of two words or more.</summary>
    private static IEnumerable<string> Named(MarkdownPage page)
    {
        var inProse = page.InlineCode.Where(code => TypeName().IsMatch(code)).Except(page.FirstCells);
        var flows = page.Blocks.Where(block => block.Language == "text");
        return inProse.Concat(flows.SelectMany(flow => CamelCase().Matches(flow.Text)).Select(match => match.Value)).Distinct();
    }

    private static IEnumerable<string> Folders(string relative) => Directory.EnumerateDirectories(Repository.PathOf(relative))
        .Select(path => Path.GetFileName(path))
        .Where(name => name is not ("bin" or "obj"))
        .Order(StringComparer.Ordinal);

    [GeneratedRegex("^[A-Z][A-Za-z0-9]+$")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"(?<![\w.])(?:I[A-Z]|[A-Z][a-z0-9]+[A-Z]|ML[A-Z])[A-Za-z0-9]*[a-z][A-Za-z0-9]*(?!\w)")]
    private static partial Regex CamelCase();
}
