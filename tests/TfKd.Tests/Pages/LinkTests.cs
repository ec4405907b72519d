namespace TfKd.Tests;

/// <summary>Every relative link of every page of the repository points to something that is there.</summary>
public sealed class LinkTests
{
    [Fact]
    public void Every_relative_link_points_to_a_file_a_folder_or_a_heading()
    {
        Assert.Contains("README.md", Repository.Pages);
        Assert.Contains(".github/CONTRIBUTING.md", Repository.Pages);
        Assert.Contains("examples/TeacherFreeCifar/README.md", Repository.Pages);
        Assert.Empty(Repository.Pages.SelectMany(page => Broken(page, MarkdownPage.Read(page))));
    }

    [Fact]
    public void Every_guide_and_every_decision_is_in_its_index()
    {
        AssertIndexed("examples/README.md", "examples/guides/");
        AssertIndexed("src/decisions/README.md", "src/decisions/");
    }

    [Theory]
    [InlineData("[a](no-such-file.md)", "README.md: no-such-file.md")]
    [InlineData("![a](src/no-such-picture.svg)", "README.md: src/no-such-picture.svg")]
    [InlineData("[a](#no-such-heading)", "README.md: #no-such-heading")]
    [InlineData("[a](src/README.md#no-such-heading)", "README.md: src/README.md#no-such-heading")]
    public void A_broken_link_is_found(string text, string found) => Assert.Equal([found], Broken("README.md", MarkdownPage.Parse(text)));

    [Theory]
    [InlineData("[a](LICENSE) [b](src/TfKd) [c](https://example.org/nothing)")]
    [InlineData("# A heading, `Code` and (more)\n[a](#a-heading-code-and-more)")]
    [InlineData("```text\n[a](no-such-file.md)\n```")]
    public void What_is_no_broken_link_is_not(string text) => Assert.Empty(Broken("README.md", MarkdownPage.Parse(text)));

    private static IEnumerable<string> Broken(string name, MarkdownPage page)
    {
        foreach (var link in page.RelativeLinks)
        {
            var (path, anchor) = link.Split('#') is [var before, var after] ? (before, after) : (link, null);
            var target = path.Length == 0 ? name : Path.Combine(Path.GetDirectoryName(name)!, Uri.UnescapeDataString(path));
            if (!Path.Exists(Repository.PathOf(target)) || !HasAnchor(path.Length == 0 ? page : null, target, anchor))
                yield return $"{name}: {link}";
        }
    }

    /// <param name="page">The page that the link is in, where it points into that; otherwise null.</param>
    /// <param name="target">The file that the link points to.</param>
    /// <param name="anchor">The heading; null where the link has none.</param>
    private static bool HasAnchor(MarkdownPage? page, string target, string? anchor) =>
        anchor is null || (page ?? MarkdownPage.Read(target)).Anchors.Contains(anchor);

    private static void AssertIndexed(string index, string folder)
    {
        var pages = Repository.Pages.Where(page => page.StartsWith(folder, StringComparison.Ordinal) && page != index).ToList();
        Assert.NotEmpty(pages);
        var linked = MarkdownPage.Read(index).RelativeLinks
            .Select(link => Repository.PathOf(Path.Combine(Path.GetDirectoryName(index)!, link)));
        Assert.Empty(pages.Select(Repository.PathOf).Except(linked));
    }
}
