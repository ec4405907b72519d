namespace TfKd.Tests;

public sealed class RowNamesTests
{
    [Theory]
    [InlineData("/home/someone/photos/1.jpg", "1.jpg")]
    [InlineData("C:\\Users\\someone\\1.jpg", "1.jpg")]
    [InlineData("1.jpg", "1.jpg")]
    [InlineData("", null)]
    [InlineData("/photos/", null)]
    [InlineData(null, null)]
    public void A_file_is_called_by_its_name_without_the_way_to_it(string? file, string? expected) =>
        Assert.Equal(expected, new RowNames(Rows(file)).FileOf(0));

    [Fact]
    public void Its_folder_stands_before_it_where_there_are_several()
    {
        var names = new RowNames(Rows("/a/b/roses/1.jpg", "/a/b/tulips/1.jpg", null, "2.jpg"));
        Assert.Equal(["roses/1.jpg", "tulips/1.jpg", null, "2.jpg"], Enumerable.Range(0, 4).Select(names.FileOf));
    }

    [Fact]
    public void Rows_of_a_source_without_extras_have_no_file() =>
        Assert.Null(new RowNames(new SourceSubset(new SourceWithoutExtras(Rows("1.jpg")), [0])).FileOf(0));

    [Fact]
    public void Long_names_lose_their_middle_and_no_half_of_a_pair_is_left()
    {
        Assert.Equal(new string('a', 80), RowNames.Shorten(new string('a', 80)));
        var name = $"{new string('a', 100)}.jpg";
        Assert.Equal(80, RowNames.Shorten(name).Length);
        Assert.EndsWith("a.jpg", RowNames.Shorten(name), StringComparison.Ordinal);
        for (var shift = 0; shift < 2; shift++)
        {
            var flowers = RowNames.Shorten(new string('x', shift) + string.Concat(Enumerable.Repeat("🌻", 60)));
            Assert.InRange(flowers.Length, 78, 80);
            Assert.Equal(flowers, string.Concat(flowers.EnumerateRunes()));
            Assert.DoesNotContain('\uFFFD', string.Concat(flowers.EnumerateRunes()));
        }
    }

    private static DecodedCache Rows(params string?[] files)
    {
        var rows = new DecodedCache(new ImageShape(1, 1, 1), ["a"]);
        foreach (var file in files)
            rows.Add([0], 0, file: file);
        return rows;
    }
}
