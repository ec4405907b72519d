namespace TfKd.Tests;

/// <summary>How rows that may have several labels are kept, read and divided.</summary>
public sealed class LabelSetTests
{
    private static readonly string[] _names = ["a", "b", "c", "rare"];

    [Fact]
    public void Labels_come_back_in_order_each_once_and_follow_their_rows()
    {
        var cache = Rows([[2, 0, 2], [], [1]]);
        Assert.Equal([[0, 2], [], [1]], Enumerable.Range(0, 3).Select(cache.Extras!.GetLabels));
        Assert.All(Enumerable.Range(0, 3), row => Assert.Equal(Targets.Several, cache.GetLabel(row)));
        var subset = new SourceSubset(cache, [2, 0]);
        Assert.Equal([[1], [0, 2]], Enumerable.Range(0, 2).Select(subset.Extras!.GetLabels));
        Assert.StartsWith(
            "Each label must be within [0, 4), but one is 4.",
            Assert.Throws<ArgumentOutOfRangeException>(() => cache.Add([0], [4])).Message);
        Assert.StartsWith(
            "A row of shape 1x1x1 has 1 bytes, but 2 came.", Assert.Throws<ArgumentException>(() => cache.Add([0, 0], [1])).Message);
    }

    [Fact]
    public void Batches_have_a_number_a_class_and_none_where_rows_have_one_label()
    {
        var rows = Rows([[0, 2], [], [1]]);
        rows.Add([0], Targets.Unlabelled);
        using var batch = new BatchLoader(rows, 4).ReadInOrder().Single();
        Assert.Equal([1f, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], batch.Indicators!.data<float>().ToArray());
        Assert.Equal([-2L, -2, -2, -1], batch.Labels.data<long>().ToArray());
        using var single = new BatchLoader(PatternSource.Create(4), 4).ReadInOrder().Single();
        Assert.Null(single.Indicators);
    }

    [Fact]
    public void The_fingerprint_tells_sets_of_labels_apart()
    {
        var prints = new int[][][] { [[0, 1], [2]], [[0], [1, 2]], [[], [0, 1, 2]], [[0], [1]], [[], []] }
            .Select(labels => SourceFingerprint.Of(Rows(labels))).ToArray();
        Assert.Equal(prints.Length, prints.Distinct().Count());
        Assert.Equal(prints[0], SourceFingerprint.Of(Rows([[1, 0], [2]])));
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.25)]
    public void A_split_divides_each_label_by_the_fraction(double fraction)
    {
        var random = new Random(3);
        double[] frequencies = [0.5, 0.3, 0.2, 0.04];
        var rows = Rows([.. Enumerable.Range(0, 400).Select(_ =>
            Enumerable.Range(0, 4).Where(k => random.NextDouble() < frequencies[k]).ToArray())]);
        rows.Add([0], Targets.Unlabelled);
        var (kept, heldOut) = StratifiedSplit.Cut(rows, fraction, seed: 5);
        Assert.Equal(401, kept.Count + heldOut.Count);
        Assert.InRange(heldOut.Count, 400 * fraction - 3, 400 * fraction + 3);
        Assert.All(Enumerable.Range(0, heldOut.Count), row => Assert.Equal(Targets.Several, heldOut.GetLabel(row)));
        for (var label = 0; label < 4; label++)
            Assert.InRange(CountOf(heldOut, label), CountOf(rows, label) * fraction - 2, CountOf(rows, label) * fraction + 2);
        Assert.Equal(Ids(heldOut), Ids(StratifiedSplit.Cut(rows, fraction, seed: 5).HeldOut));
        Assert.NotEqual(Ids(heldOut), Ids(StratifiedSplit.Cut(rows, fraction, seed: 6).HeldOut));
    }

    [Fact]
    public void A_split_never_takes_the_only_row_of_a_label()
    {
        var rows = Rows([[3], [2], [1, 2], .. Enumerable.Repeat<int[]>([0], 20)]);
        Assert.All(Enumerable.Range(0, 10), seed => Assert.All(new[] { 0.25, 0.5, 0.75 }, fraction =>
        {
            var kept = StratifiedSplit.Cut(rows, fraction, seed).Kept;
            Assert.Equal((1, 1), (CountOf(kept, 3), CountOf(kept, 1)));
            Assert.InRange(CountOf(kept, 2), 1, 2);
        }));
    }

    private static DecodedCache Rows(int[][] labels)
    {
        var cache = new DecodedCache(new ImageShape(1, 1, 1), _names);
        for (var row = 0; row < labels.Length; row++)
            cache.Add([(byte)(row % 251)], labels[row], file: $"{row}");
        return cache;
    }

    private static int CountOf(IImageSource source, int label) =>
        Enumerable.Range(0, source.Count).Count(row => source.Extras!.GetLabels(row).Contains(label));

    private static IEnumerable<string?> Ids(IImageSource source) => Enumerable.Range(0, source.Count).Select(source.Extras!.GetFile);
}
