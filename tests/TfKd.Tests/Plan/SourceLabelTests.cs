namespace TfKd.Tests;

/// <summary>Sources of the user's own whose labels are no classes.</summary>
public sealed class SourceLabelTests
{
    [Theory]
    [InlineData(-3)]
    [InlineData(-100)]
    [InlineData(4)]
    public void A_label_that_is_no_class_is_named_with_its_row_before_the_first_batch(int label)
    {
        var (rows, wrong) = (PatternSource.Create(48), new Mislabelled(PatternSource.Create(48), label));
        var plan = WatchedRun.Plan with { Callbacks = [new WatchedRun.Watcher { BatchEnd = _ => Assert.Fail("a batch ran") }] };
        Assert.Equal(
            $"The label of training row 7 is {label}; expected the index of a class, within [0, 4).",
            Assert.Throws<InvalidOperationException>(() => WatchedRun.Run(plan, wrong, rows)).Message);
        Assert.Equal(
            $"The label of validation row 7 is {label}; expected the index of a class, within [0, 4).",
            Assert.Throws<InvalidOperationException>(() => WatchedRun.Run(plan, rows, wrong)).Message);
    }

    private sealed class Mislabelled(IImageSource inner, int label) : IImageSource
    {
        public int Count => inner.Count;

        public ImageShape Shape => inner.Shape;

        public IReadOnlyList<string> ClassNames => inner.ClassNames;

        public SampleExtras? Extras => inner.Extras;

        public int GetLabel(int row) => row == 7 ? label : inner.GetLabel(row);

        public void ReadPixels(int row, Span<byte> pixels) => inner.ReadPixels(row, pixels);
    }
}
