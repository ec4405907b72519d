using System.Globalization;
using System.Xml.Linq;

namespace TfKd.Tests;

public sealed class ConfusionSectionTests
{
    [Fact]
    public void Of_two_classes_the_numbers_and_their_fractions_are_all()
    {
        var section = MadeReport.Page(MadeReport.Of(["a", "b"], MadeReport.OfTwo((0.9, 0), (0.8, 0), (0.4, 0), (0.3, 1))))
            .Section("confusion");
        var table = section.Descendants("table").Single();
        Assert.Equal("confusion few", table.Attribute("class")!.Value);
        Assert.Equal([["a", "267 %", "133 %"], ["b", "0", "1100 %"]], ReportPage.Cells(table));
    }

    [Fact]
    public void A_hundred_classes_are_a_map_in_which_those_are_neighbours_that_are_taken_for_each_other()
    {
        // Two rows a class: one is right, one is taken for the class 50 further on.
        string[] names = [.. Enumerable.Range(0, 100).Select(k => $"class <{k}>")];
        var section = Section(names, label => (label + 50) % 100);

        var map = section.Descendants("table").First();
        Assert.Equal("map", map.Attribute("class")!.Value);
        string[] order = [.. ReportPage.Cells(map).Select(line => line[0])];
        Assert.Equal(order, map.Descendants("thead").Single().Descendants("th").Select(header => header.Value));
        Assert.Equal(names.Order(StringComparer.Ordinal), order.Order(StringComparer.Ordinal));
        for (var k = 0; k < 50; k++)
            Assert.Equal(1, Math.Abs(Array.IndexOf(order, names[k]) - Array.IndexOf(order, names[k + 50])));
        foreach (var (line, place) in map.Element("tbody")!.Elements().Select((line, place) => (line, place)))
        {
            var cells = Spread(line);
            Assert.Equal(100, cells.Count);
            Assert.Equal("right", cells[place]!.Attribute("class")!.Value);
            var wrong = cells[place ^ 1]!;
            Assert.Equal("wrong", wrong.Attribute("class")!.Value);
            Assert.Equal($"{order[place]}, put into {order[place ^ 1]}: 1", wrong.Attribute("title")!.Value);
            Assert.Equal(["1", "1"], cells.Where(cell => cell is not null).Select(cell => cell!.Value));
        }

        Assert.Equal(15, ReportPage.Cells(section.Descendants("table").Last()).Count);
    }

    [Fact]
    public void Of_more_classes_the_hundred_of_the_most_mistakes_are_shown()
    {
        string[] names = [.. Enumerable.Range(0, 130).Select(k => $"{k}")];
        // From 30 on, pairs of neighbours are taken for each other; the others are right.
        var section = Section(names, label => label < 30 ? label : label ^ 1);
        var shown = ReportPage.Cells(section.Descendants("table").First()).Select(line => line[0]);
        Assert.Equal(names[30..], shown);
        Assert.Contains("These are the 100 of 130 classes with the most mistakes.", section.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Classes_without_rows_and_names_without_end_have_their_place()
    {
        string[] names = [.. Enumerable.Range(0, 40).Select(k => $"{k}{new string('x', 500)}")];
        var content = MadeReport.Of(names, [(MadeReport.Says(1, 40), 0), (MadeReport.Says(1, 40), 1)]);
        var map = MadeReport.Page(content).Section("confusion").Descendants("table").First();
        Assert.All(map.Element("tbody")!.Elements(), line => Assert.Equal(40, Spread(line).Count));
        Assert.All(map.Descendants("td").Attributes("title"), title => Assert.InRange(title.Value.Length, 1, 100));
        Assert.DoesNotContain("NaN", map.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_does_not_grow_with_its_rows()
    {
        string[] names = [.. Enumerable.Range(0, 150).Select(k => $"class {k}")];
        var random = new Random(7);
        // So many that each class is taken for most others.
        var answers = Enumerable.Range(0, 60_000).Select(row => (MadeReport.Says(random.Next(150), 150), row % 150));
        Assert.InRange(MadeReport.Page(MadeReport.Of(names, answers)).Text.Length, 100_000, 1_500_000);
    }

    private static XElement Section(string[] names, Func<int, int> mistake) =>
        MadeReport.Page(MadeReport.Of(names, Enumerable.Range(0, names.Length).SelectMany(label => new[]
        {
            (MadeReport.Says(label, names.Length), label),
            (MadeReport.Says(mistake(label), names.Length), label),
        }))).Section("confusion");

    /// <summary>The cells of a line, with null for each empty one.</summary>
    private static List<XElement?> Spread(XElement line) =>
        [.. line.Elements("td").SelectMany(cell => cell.Attribute("colspan") is { } span
            ? Enumerable.Repeat<XElement?>(null, int.Parse(span.Value, CultureInfo.InvariantCulture))
            : [cell])];
}
