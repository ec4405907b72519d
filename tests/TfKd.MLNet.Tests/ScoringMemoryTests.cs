using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>The blocks that a transformer's cursors read images into.</summary>
public sealed class ScoringMemoryTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void One_cursor_after_the_other_uses_one_block()
    {
        var transformer = TestModels.Fake(out _);
        var data = _ml.Data.LoadFromEnumerable(TestRows.Make(300));
        DecodeBlock? first = null;
        for (var pass = 0; pass < 3; pass++)
        {
            Assert.Equal(300, TestRows.Read(_ml, transformer.Transform(data)).Count);
            var block = transformer.Scoring.Blocks.Rent(128);
            Assert.True(block.Bytes > 128 * TestImages.Shape.ByteCount, "It was used.");
            Assert.Same(first ??= block, block);
            transformer.Scoring.Blocks.Return(block);
        }
    }

    [Fact]
    public void Cursors_at_the_same_time_have_blocks_of_their_own()
    {
        var transformer = TestModels.Fake(out _);
        var rows = TestRows.Make(300);
        var expected = TestRows.Read(_ml, transformer.Transform(_ml.Data.LoadFromEnumerable(rows)))
            .Select(row => row.PredictedLabel)
            .ToList();
        Parallel.For(0, 12, _ =>
        {
            var ml = new MLContext(seed: 1);
            Assert.Equal(
                expected, TestRows.Read(ml, transformer.Transform(ml.Data.LoadFromEnumerable(rows))).Select(row => row.PredictedLabel));
        });
    }

    [Fact]
    public void A_row_that_was_disposed_does_not_write_into_the_block_of_another()
    {
        var transformer = TestModels.Fake(out _);
        var data = _ml.Data.LoadFromEnumerable(TestRows.Make(3));
        var mapper = transformer.GetRowToRowMapper(data.Schema);
        using var cursor = data.GetRowCursor(data.Schema);
        cursor.MoveNext();
        var row = mapper.GetRow(cursor, mapper.OutputSchema);
        var getScore = row.GetGetter<VBuffer<float>>(mapper.OutputSchema["Score"]);
        row.Dispose();
        VBuffer<float> score = default;
        Assert.Throws<ObjectDisposedException>(() => getScore(ref score));
    }

    [Fact]
    public void What_is_kept_has_a_bound_and_goes_with_the_transformer()
    {
        var pool = new DecodeBlockPool(new ImageShape(1, 1024, 1024));
        var blocks = Enumerable.Range(0, 5).Select(_ => pool.Rent(48)).ToList();
        blocks.ForEach(pool.Return);
        // 48 MiB each: two of them are within 128.
        Assert.Equal(2, Enumerable.Range(0, 5).Select(_ => pool.Rent(48)).Count(blocks.Contains));

        var other = pool.Rent(1);
        pool.Return(other);
        Assert.NotSame(other, pool.Rent(2));
        Assert.Same(other, pool.Rent(1));
        pool.Close();
        pool.Return(other);
        Assert.NotSame(other, pool.Rent(1));
    }
}
