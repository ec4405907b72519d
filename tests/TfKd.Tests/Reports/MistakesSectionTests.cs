using SkiaSharp;

namespace TfKd.Tests;

public sealed class MistakesSectionTests
{
    private static readonly string[] _files =
        ["/photos/of me/<img src=x>.jpg", "/photos/of me/\" onerror=\"alert(1).png", "/photos/of me/a&b'.png"];

    [Fact]
    public void Pictures_have_the_names_of_their_files_whatever_these_are()
    {
        var page = MadeReport.Page(Content(_files));
        Assert.Equal(["<img src=x>.jpg", "\" onerror=\"alert(1).png", "a&b'.png"], Captions(page).Select(caption => caption[^1]));
        Assert.Equal(
            "\" onerror=\"alert(1).png: an image of a that was taken for b",
            page.Section("mistakes").Descendants("img").ElementAt(1).Attribute("alt")!.Value);
        Assert.DoesNotContain("of me", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("row 0", page.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Rows_that_are_of_no_file_have_their_number()
    {
        var page = MadeReport.Page(Content(null, _files[0], null));
        Assert.Equal(["row 0", "<img src=x>.jpg", "row 2"], Captions(page).Select(caption => caption[^1]));
        Assert.Equal(["row 0", "row 1", "row 2"], Captions(MadeReport.Page(Content(null, null, null))).Select(caption => caption[^1]));
    }

    [Fact]
    public void The_teachers_word_stands_beside_the_students()
    {
        var content = Content(null, null, null);
        var page = MadeReport.Page(content with { Teacher = new(content.Predictions!.Metrics, [0, 1, 2]) });
        Assert.Equal(
            ["; teacher: right", "; teacher: the same", "; teacher: <c>"],
            Captions(page).Select(caption => caption[2][caption[2].IndexOf(';', StringComparison.Ordinal)..]));
        Assert.All(Captions(MadeReport.Page(content)), caption => Assert.DoesNotContain("teacher", caption[2], StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(48, 48)]
    [InlineData(49, 300)]
    [InlineData(224, 224)]
    public void No_picture_is_longer_than_promised_be_it_all_noise(int height, int width)
    {
        var rows = new DecodedCache(new ImageShape(3, height, width), ["a"]);
        var pixels = new byte[rows.Shape.ByteCount];
        new Random(1).NextBytes(pixels);
        rows.Add(pixels, 0);
        var uri = Thumbnail.DataUri(rows, 0);
        Assert.InRange(uri.Length, 100, 40_000);
        using var bitmap = SKBitmap.Decode(Convert.FromBase64String(uri[(uri.IndexOf(',', StringComparison.Ordinal) + 1)..]));
        Assert.InRange(Math.Max(bitmap.Width, bitmap.Height), 1, 96);
    }

    private static ReportContent Content(params string?[] files)
    {
        var rows = new DecodedCache(new ImageShape(3, 8, 8), ["a", "b", "<c>"]);
        foreach (var file in files)
            rows.Add(new byte[rows.Shape.ByteCount], 0, file: file);
        // All are of class a and taken for b, with less confidence from row to row.
        return MadeReport.Of(rows.ClassNames, files.Select((_, row) => (new float[] { 0, 9 - row, 0 }, 0)), rows);
    }

    private static IEnumerable<string[]> Captions(ReportPage page) => page.Section("mistakes").Descendants("figcaption")
        .Select(caption => caption.Elements().Select(line => line.Value).ToArray());
}
