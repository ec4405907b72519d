using TorchSharp;

namespace TfKd.Tests;

public sealed class BatchLoaderTests
{
    [Theory]
    [InlineData(10, 3, new[] { 3, 3, 3 })]
    [InlineData(11, 3, new[] { 3, 3, 3, 2 })]
    [InlineData(3, 128, new[] { 3 })]
    [InlineData(1, 1, new[] { 1 })]
    public void Shuffled_epochs_have_every_row_at_most_once_and_no_lone_last_row(int rows, int batchSize, int[] sizes)
    {
        var loader = new BatchLoader(PatternSource.Create(rows), batchSize);
        var batches = Rows(loader.ReadShuffled(1, 0));
        Assert.Equal(sizes, batches.Select(batch => batch.Length));
        Assert.Equal(sizes.Length, loader.BatchCount);
        Assert.Equal(Rows(loader.ReadInOrder()).Select(batch => batch.Length).Distinct(), loader.BatchSizes);
        Assert.Equal(sizes.Sum(), batches.SelectMany(batch => batch).Distinct().Count());
    }

    [Fact]
    public void Rows_in_order_are_all_rows()
    {
        var batches = Rows(new BatchLoader(PatternSource.Create(10), 3).ReadInOrder());
        Assert.Equal(Enumerable.Range(0, 10), batches.SelectMany(batch => batch));
    }

    [Fact]
    public void Order_depends_on_seed_and_epoch_alone()
    {
        var source = PatternSource.Create(50);
        int[] Order(long seed, int epoch) => [.. Rows(new BatchLoader(source, 7).ReadShuffled(seed, epoch)).SelectMany(batch => batch)];
        Assert.Equal(Order(1, 2), Order(1, 2));
        Assert.NotEqual(Order(1, 2), Order(1, 3));
        Assert.NotEqual(Order(1, 2), Order(2, 2));
    }

    [Fact]
    public void Batches_hold_the_pixels_and_labels_of_their_rows()
    {
        var source = PatternSource.Create(9, classCount: 3);
        var expected = new byte[source.Shape.ByteCount];
        foreach (var batch in new BatchLoader(source, 4).ReadShuffled(3, 0))
        {
            using (batch)
            {
                var labels = batch.Labels.data<long>().ToArray();
                for (var i = 0; i < labels.Length; i++)
                {
                    source.ReadPixels(batch.RowIds[i], expected);
                    Assert.Equal(source.GetLabel(batch.RowIds[i]), labels[i]);
                    using var image = batch.Images[i];
                    Assert.Equal(expected, image.bytes.ToArray());
                }
            }
        }
    }

    [Fact]
    public void Leaving_early_ends_the_gathering()
    {
        var loader = new BatchLoader(PatternSource.Create(1000), 2);
        foreach (var batch in loader.ReadShuffled(1, 0))
        {
            batch.Dispose();
            break;
        }
    }

    [Fact]
    public void A_source_that_fails_is_reported()
    {
        var loader = new BatchLoader(new FailingSource(new IOException("the disk is gone")), 2);
        Assert.Equal("the disk is gone", Assert.Throws<IOException>(() => Rows(loader.ReadInOrder())).Message);
    }

    [Fact]
    public void A_source_that_gives_up_is_no_end_of_its_rows()
    {
        var loader = new BatchLoader(new FailingSource(new TaskCanceledException("100 seconds are over")), 2);
        Assert.Equal(
            "A row could not be read, as its source gave up: 100 seconds are over",
            Assert.Throws<IOException>(() => Rows(loader.ReadInOrder())).Message);
    }

    [Fact]
    public void A_batch_size_may_be_the_largest_number()
    {
        var loader = new BatchLoader(PatternSource.Create(10), int.MaxValue);
        Assert.Equal((1, 1), (loader.BatchCount, loader.StepCount(int.MaxValue)));
        Assert.Equal(10, Assert.Single(Rows(loader.ReadShuffled(seed: 1, epoch: 0))).Length);
        Assert.Equal(
            WatchedRun.Run(WatchedRun.Plan with { BatchSize = 48 }).Best.Validation,
            WatchedRun.Run(WatchedRun.Plan with { BatchSize = int.MaxValue, AccumulateSteps = int.MaxValue }).Best.Validation);
        loader = new BatchLoader(PatternSource.Create(10), 3);
        Assert.Equal((3, 2), (loader.BatchCount, loader.StepCount(2)));
    }

    [Fact]
    public void Cancellation_ends_the_reading()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        // Which of two threads sees it first is chance.
        for (var trial = 0; trial < 200; trial++)
            Assert.ThrowsAny<OperationCanceledException>(() =>
                Rows(new BatchLoader(PatternSource.Create(10), 2).ReadInOrder(source.Token)));
    }

    private static List<int[]> Rows(IEnumerable<LoadedBatch> batches)
    {
        var rows = new List<int[]>();
        foreach (var batch in batches)
        {
            using (batch)
                rows.Add([.. batch.RowIds]);
        }

        return rows;
    }

    private sealed class FailingSource(Exception exception) : IImageSource
    {
        public int Count => 4;

        public ImageShape Shape => new(1, 2, 2);

        public IReadOnlyList<string> ClassNames => ["a", "b"];

        public SampleExtras? Extras => null;

        public int GetLabel(int row) => 0;

        public void ReadPixels(int row, Span<byte> pixels)
        {
            if (row == 3)
                throw exception;
        }
    }
}
