namespace TfKd.Tests;

public sealed class SourceTests
{
    [Fact]
    public void Cached_rows_come_back_as_they_were_across_blocks()
    {
        // 1 MiB a row: 16 rows a block.
        var shape = new ImageShape(1, 1024, 1024);
        var cache = new DecodedCache(shape, ["a", "b"]);
        var pixels = new byte[shape.ByteCount];
        for (var row = 0; row < 20; row++)
        {
            Array.Fill(pixels, (byte)row);
            cache.Add(pixels, row % 2);
        }

        Assert.Equal(20, cache.Count);
        foreach (var row in new[] { 0, 15, 16, 19 })
        {
            cache.ReadPixels(row, pixels);
            Assert.Equal(row % 2, cache.GetLabel(row));
            Assert.True(pixels.All(value => value == row));
        }
    }

    [Fact]
    public void Cache_refuses_rows_that_do_not_fit()
    {
        var cache = new DecodedCache(new ImageShape(3, 2, 2), ["a", "b"]);
        Assert.StartsWith(
            "A row of shape 3x2x2 has 12 bytes, but 5 came.", Assert.Throws<ArgumentException>(() => cache.Add(new byte[5], 0)).Message);
        Assert.StartsWith(
            "The label must be within [0, 2), or -1 for none, but is 2.",
            Assert.Throws<ArgumentOutOfRangeException>(() => cache.Add(new byte[12], 2)).Message);
    }

    [Fact]
    public void Weights_and_teacher_scores_follow_their_rows_into_a_subset()
    {
        var cache = new DecodedCache(new ImageShape(1, 1, 1), ["a", "b"]);
        for (var row = 0; row < 4; row++)
            cache.Add([0], 0, weight: row, teacherScores: [row, -row], file: row == 3 ? null : $"{row}.png");
        var subset = new SourceSubset(cache, [3, 1]);

        var extras = subset.Extras!;
        Assert.Equal([3f, 1f], [extras.GetWeight(0), extras.GetWeight(1)]);
        Assert.Equal([3f, -3f], extras.GetScores(0).ToArray());
        Assert.Equal([1f, -1f], extras.GetScores(1).ToArray());
        Assert.Equal([null, "1.png"], [extras.GetFile(0), extras.GetFile(1)]);
        Assert.StartsWith("Each row must have the same number of teacher scores as the first, 2, but 3 came.",
            Assert.Throws<ArgumentException>(() => cache.Add([0], 0, teacherScores: [1, 2, 3])).Message);
        Assert.StartsWith(
            "weight must be 0 or above and finite, but is -1.",
            Assert.Throws<ArgumentOutOfRangeException>(() => cache.Add([0], 0, weight: -1)).Message);
    }

    [Fact]
    public void Extras_of_weights_have_weights_alone()
    {
        var extras = SampleExtras.OfWeights([1, 2, 3]).Select([2, 2, 0]);
        Assert.Equal([3f, 3f, 1f], Enumerable.Range(0, 3).Select(extras.GetWeight));
        Assert.Empty(extras.ScoreClassNames);
        Assert.Equal(0, extras.GetScores(0).Length);
        Assert.Null(extras.GetFile(0));
        Assert.Null(new RenamedSource(new Bare(), ["a", "b"]).Extras);
        Assert.Null(new SourceSubset(new Bare(), [0]).Extras);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.25)]
    [InlineData(0.5)]
    public void Split_keeps_proportions_and_every_row_once(double fraction)
    {
        var source = PatternSource.Create(203, classCount: 4);
        var (kept, heldOut) = StratifiedSplit.Cut(source, fraction, seed: 5);
        Assert.Equal(source.Count, kept.Count + heldOut.Count);
        for (var label = 0; label < 4; label++)
        {
            var all = Enumerable.Range(0, source.Count).Count(row => source.GetLabel(row) == label);
            var held = Enumerable.Range(0, heldOut.Count).Count(row => heldOut.GetLabel(row) == label);
            Assert.InRange(held, all * fraction - 0.5, all * fraction + 0.5);
        }
    }

    [Theory]
    [InlineData(1000, 4, 0.1)]
    [InlineData(1000, 5, 0.1)]
    [InlineData(100, 14, 0.1)]
    [InlineData(3, 7, 0.25)]
    [InlineData(50, 3, 0.01)]
    public void Split_is_within_one_row_of_the_fraction_whatever_the_classes_hold(int classes, int rowsAClass, double fraction)
    {
        var (kept, heldOut) = StratifiedSplit.Cut(Labelled(Enumerable.Repeat(rowsAClass, classes)), fraction, seed: 5);
        Assert.Equal(classes * rowsAClass, kept.Count + heldOut.Count);
        Assert.InRange(heldOut.Count, classes * rowsAClass * fraction - 1, classes * rowsAClass * fraction + 1);
        var share = (int)(rowsAClass * fraction);
        Assert.All(Labels(heldOut).CountBy(label => label), count => Assert.InRange(count.Value, share, share + 1));
        Assert.Equal(classes, Labels(kept).Distinct().Count());
    }

    [Fact]
    public void Split_gives_what_is_left_to_the_largest_remainders()
    {
        // Shares 0.5, 1.25, 2.75: 4.5 rows, so 5, of which the whole parts are 3.
        var (_, heldOut) = StratifiedSplit.Cut(Labelled([2, 5, 11]), 0.25, seed: 5);
        Assert.Equal([0, 1, 2, 2, 2], Labels(heldOut).Order());
    }

    [Fact]
    public void Split_does_not_prefer_the_first_of_classes_with_equal_shares()
    {
        var (_, heldOut) = StratifiedSplit.Cut(Labelled(Enumerable.Repeat(4, 100)), 0.1, seed: 5);
        Assert.InRange(Labels(heldOut).Average(), 35, 65);
    }

    [Fact]
    public void Split_depends_on_the_seed_alone()
    {
        var source = PatternSource.Create(100);
        Assert.Equal(Labels(StratifiedSplit.Cut(source, 0.3, 1).HeldOut), Labels(StratifiedSplit.Cut(source, 0.3, 1).HeldOut));
        Assert.NotEqual(Pixels(StratifiedSplit.Cut(source, 0.3, 1).HeldOut), Pixels(StratifiedSplit.Cut(source, 0.3, 2).HeldOut));
    }

    [Fact]
    public void Split_never_takes_the_only_row_of_a_class()
    {
        var source = new DecodedCache(new ImageShape(1, 1, 1), ["a", "b"]);
        source.Add([1], 0);
        source.Add([2], 1);
        source.Add([3], 1);
        Assert.Equal([0, 1], Labels(StratifiedSplit.Cut(source, 0.9, 0).Kept).Order());
    }

    [Fact]
    public void Statistics_are_those_of_all_pixels()
    {
        var source = new DecodedCache(new ImageShape(2, 1, 2), ["a"]);
        source.Add([0, 255, 10, 10], 0);
        source.Add([255, 0, 10, 10], 0);
        var statistics = ChannelStatistics.Of(source);
        Assert.Equal(0.5, statistics.Mean[0], 12);
        Assert.Equal(0.5, statistics.Std[0], 12);
        Assert.Equal(10 / 255.0, statistics.Mean[1], 12);
        Assert.Equal(1, statistics.Std[1]);
    }

    private static DecodedCache Labelled(IEnumerable<int> rowsOfClasses)
    {
        var counts = rowsOfClasses.ToArray();
        var source = new DecodedCache(new ImageShape(1, 1, 1), [.. counts.Select((_, label) => $"class{label}")]);
        foreach (var label in counts.SelectMany((count, label) => Enumerable.Repeat(label, count)))
            source.Add([0], label);
        return source;
    }

    private static int[] Labels(IImageSource source) => [.. Enumerable.Range(0, source.Count).Select(source.GetLabel)];

    private static byte[] Pixels(IImageSource source)
    {
        var pixels = new byte[source.Count * source.Shape.ByteCount];
        for (var row = 0; row < source.Count; row++)
            source.ReadPixels(row, pixels.AsSpan(row * source.Shape.ByteCount, source.Shape.ByteCount));
        return pixels;
    }

    private sealed class Bare : IImageSource
    {
        public int Count => 1;

        public ImageShape Shape => new(1, 1, 1);

        public IReadOnlyList<string> ClassNames => ["a", "b"];

        public SampleExtras? Extras => null;

        public int GetLabel(int row) => 0;

        public void ReadPixels(int row, Span<byte> pixels) => pixels.Clear();
    }
}
