using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace TfKd.Tests;

/// <summary>What guides say of the whole of something is the whole.</summary>
public sealed partial class GuideContentTests
{
    public static TheoryData<Type, string> Formulas => new()
    {
        { typeof(Objective), "Objectives" },
        { typeof(LearningRateSchedule), "Learning rates" },
        { typeof(OptimizerSettings), "Optimisers" },
    };

    [Theory]
    [MemberData(nameof(Formulas))]
    public void Research_has_a_formula_of_each(Type kind, string heading)
    {
        var written = MarkdownPage.Read("examples/guides/research.md").Section(heading).FirstCells.ToList();
        var exported = kind.Assembly.GetExportedTypes()
            .Where(type => type.IsSubclassOf(kind) && !type.IsAbstract)
            .Select(type => type.Name);

        Assert.NotEmpty(written);
        Assert.Equal(exported.Except(["WeightedTerm", "WeightedSum"]).Order(StringComparer.Ordinal), written.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Reading_the_report_has_the_parts_of_the_report_in_their_order()
    {
        var source = File.ReadAllText(Repository.PathOf("src/TfKd/Reports/Page.cs"));
        var parts = Part().Matches(source).Select(match => match.Groups[1].Value).ToList();
        var headings = Heading().Matches(File.ReadAllText(Repository.PathOf("examples/guides/reading-the-report.md")).ReplaceLineEndings("\n"))
            .Select(match => match.Groups[1].Value);

        Assert.Contains("Confusion matrix", parts);
        // Of several labels some have the same name; the last two headings are of all parts.
        Assert.Equal(parts.Distinct(), headings.SkipLast(2));
    }

    [Theory]
    [InlineData("guides", "examples/guides/")]
    [InlineData("source", "src/decisions/")]
    public void The_site_lists_every_page_of_a_folder(string contents, string folder)
    {
        var listed = Target().Matches(File.ReadAllText(Repository.PathOf($".docs/{contents}/toc.yml")))
            .Select(match => Repository.PathOf($".docs/{contents}/{match.Groups[1].Value}"))
            .ToList();
        var pages = Repository.Pages.Where(page => page.StartsWith(folder, StringComparison.Ordinal)).Select(Repository.PathOf).ToList();

        Assert.NotEmpty(pages);
        Assert.Equal(listed.Distinct(), listed);
        Assert.Empty(pages.Except(listed));
    }

    [Fact]
    public void Packages_of_the_pages_have_the_versions_that_are_tested()
    {
        var versions = XDocument.Load(Repository.PathOf("Directory.Packages.props")).Descendants("PackageVersion")
            .ToDictionary(version => version.Attribute("Include")!.Value, version => version.Attribute("Version")!.Value);
        versions["TfKd.MLNet"] = XDocument.Load(Repository.PathOf("Directory.Build.props")).Descendants("Version").Single().Value;
        var named = Repository.Pages
            .Where(page => page.StartsWith("examples/", StringComparison.Ordinal))
            .SelectMany(page => Package().Matches(File.ReadAllText(Repository.PathOf(page))))
            .Select(match => (Name: match.Groups[1].Value, Version: match.Groups[2].Value))
            .Where(package => package.Name != "…")
            .Distinct()
            .ToList();

        Assert.Contains(named, package => package.Name == "TfKd.MLNet");
        Assert.All(named, package => Assert.Equal(versions[package.Name], package.Version));
    }

    [GeneratedRegex("""yield return \("\w+", "([^"]+)",""")]
    private static partial Regex Part();

    [GeneratedRegex(@"^ +href: (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Target();

    [GeneratedRegex("^## (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("""<PackageReference Include="([^"]+)"\s+Version="([^"]+)" />""")]
    private static partial Regex Package();
}
