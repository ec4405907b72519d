using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace TfKd.Tests;

/// <summary>A report as a reader finds it, with the rules that hold for each.</summary>
internal sealed class ReportPage
{
    private static readonly string[] _references = [
        "src",
        "href",
        "srcset",
        "action",
        "data",
        "poster",
        "background",
        "formaction",
        "ping",
        "cite",
    ];

    /// <param name="page">Its file, or the page itself.</param>
    /// <param name="isText">Whether it is the page itself.</param>
    public ReportPage(string page, bool isText = false)
    {
        Text = isText ? page : File.ReadAllText(page);
        Document = XDocument.Parse(Text);
    }

    public string Text { get; }

    public XDocument Document { get; }

    public IEnumerable<string> Headings => Document.Descendants("h2").Select(heading => heading.Value);

    public XElement Section(string id) => Document.Descendants("section").Single(section => section.Attribute("id")?.Value == id);

    /// <summary>The cells of a table's body, line by line.</summary>
    public static List<string[]> Cells(XElement table) =>
        [.. table.Element("tbody")!.Elements("tr").Select(line => line.Elements().Select(cell => cell.Value).ToArray())];

    /// <summary>The value beside a name in a table of facts.</summary>
    public string Fact(string name) =>
        Document
            .Descendants("tr")
            .Single(line => line.Element("th")?.Value == name && line.Elements("td").Count() == 1)
            .Element("td")!.Value;

    public void RequireSelfContained()
    {
        Assert.DoesNotContain(
            Document.Descendants(),
            element => element.Name.LocalName is "script" or "link" or "iframe" or "object" or "embed" or "base" or "image" or "use");
        Assert.All(Document.Descendants(), element => Assert.Equal("", element.Name.NamespaceName));
        foreach (var attribute in Document.Descendants().Attributes())
        {
            Assert.False(attribute.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase), $"{attribute}");
            if (_references.Contains(attribute.Name.LocalName))
                Assert.Matches("^(#[a-z]+|data:image/(png|jpeg);base64,[A-Za-z0-9+/=]+)$", attribute.Value);
            if (attribute.Name.LocalName == "style")
                RequireNoReference(attribute.Value);
        }

        RequireNoReference(Document.Descendants("style").Single().Value);
        Assert.Contains(
            "default-src 'none'",
            Document
                .Descendants("meta")
                .Select(meta => meta.Attribute("content")?.Value ?? "")
                .Single(content => content.Contains("-src", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        Assert.DoesNotMatch(new Regex("https?:", RegexOptions.IgnoreCase), Text);
    }

    public void RequireAccessible()
    {
        Assert.Equal("en", Document.Root!.Attribute("lang")!.Value);
        Assert.Single(Document.Descendants("h1"));
        Assert.Equal(Document.Descendants("h1").Single().Value, Document.Descendants("title").First().Value);
        Assert.All(Document.Descendants("section"), section => Assert.Equal("h2", section.Elements().First().Name.LocalName));
        Assert.All(Document.Descendants("img"), image => Assert.NotEqual("", image.Attribute("alt")!.Value));
        Assert.All(Document.Descendants("svg"), drawing =>
            Assert.True(drawing.Attribute("role")?.Value == "img" && drawing.Attribute("aria-label")?.Value.Length > 0));
        Assert.All(Document.Descendants("svg"), drawing =>
            Assert.True(drawing.Attribute("viewBox") is not null
                && drawing.Attribute("width") is null
                && drawing.Attribute("height") is null));
        Assert.All(Document.Descendants("th"), header => Assert.Contains(header.Attribute("scope")!.Value, new[] { "row", "col" }));
        Assert.All(Document
            .Descendants("table")
            .SelectMany(table =>
                table.Element("tbody")!.Elements("tr")), line => Assert.Equal("th", line.Elements().First().Name.LocalName));
        var ids = Document.Descendants().Attributes("id").Select(id => id.Value).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Equal(
            ids.Select(id => $"#{id}"),
            Document.Descendants("nav").Single().Descendants("a").Select(link => link.Attribute("href")!.Value));
        // An element that closes itself is one that never closes, where it is not void, for a browser.
        Assert.DoesNotMatch(new Regex("<(?!meta|img|rect|polyline|polygon|line|path|ellipse|circle|g[ /])[a-z0-9]+( [^<>]*)?/>"), Text);
    }

    private static void RequireNoReference(string style) =>
        Assert.DoesNotMatch(new Regex("url\\(|@import|expression|image\\(", RegexOptions.IgnoreCase), style);
}
