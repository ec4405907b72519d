namespace TfKd.Tests;

/// <summary>The shares of all processes are all rows, each once, and even.</summary>
public sealed class ReplicaShareTests
{
    [Theory]
    [InlineData(1, 128)]
    [InlineData(2, 128)]
    [InlineData(3, 128)]
    [InlineData(4, 7)]
    [InlineData(4, 2)]
    [InlineData(5, 5)]
    public void Shares_are_a_division_of_the_rows_into_even_parts_in_their_order(int count, int rows)
    {
        int[] batch = [.. Enumerable.Range(0, rows).Select(row => row * 37 % 1009)];
        var shares = Enumerable.Range(0, count).Select(rank => new ReplicaShare(rank, count)).ToArray();
        var taken = Array.ConvertAll(shares, share => share.Take(batch, row => row));
        Assert.Equal(batch.Order(), taken.SelectMany(part => part).Order());
        Assert.All(shares.Zip(taken), pair => Assert.Equal(pair.First.SizeOf(rows), pair.Second.Length));
        Assert.True(taken.Max(part => part.Length) - taken.Min(part => part.Length) <= 1);
        Assert.Equal(taken.Where(part => part.Length > 0).Min(part => part.Length), shares[0].SmallestOf(rows));
        Assert.All(taken, part => Assert.Equal(batch.Where(part.Contains), part));
    }

    /// <summary>What a process has read once is of use to it in the next epoch.</summary>
    [Fact]
    public void From_epoch_to_epoch_a_process_has_mostly_the_same_rows()
    {
        var share = new ReplicaShare(1, 2);
        var (first, second) = (Epoch(1), Epoch(2));
        Assert.InRange(first.Intersect(second).Count(), 0.8 * 1280, 1279);

        List<int> Epoch(int seed)
        {
            var rows = Enumerable.Range(0, 2560).ToArray();
            new Random(seed).Shuffle(rows);
            return [.. rows.Chunk(128).SelectMany(batch => share.Take(batch, row => row))];
        }
    }

    /// <summary>What a process has decoded of a set is what it takes of the batches of a part of it, in another order.</summary>
    [Fact]
    public void Rows_of_a_subset_are_those_of_the_process_that_has_them_in_the_whole()
    {
        var whole = PatternSource.Create(300);
        var part = new SourceSubset(new SourceSubset(whole, Enumerable.Range(0, 300).Where(row => row % 3 > 0).Reverse()), Enumerable.Range(20, 150));
        var shares = Enumerable.Range(0, 3).Select(rank => new ReplicaShare(rank, 3)).ToArray();
        var own = Array.ConvertAll(shares, share => RowOrigin.OwnRows(part, share).ToArray());
        Assert.Equal(Enumerable.Range(0, 150), own.SelectMany(rows => rows).Order());
        Assert.All(own, rows => Assert.InRange(rows.Length, 30, 70));
        Assert.All(shares.Zip(own), pair => Assert.All(pair.Second, row => Assert.True(pair.First.Owns(RowOrigin.Of(part, row)))));
        int[] batch = [.. Enumerable.Range(40, 60)];
        var taken = shares[0].Take(batch, row => RowOrigin.Of(part, row));
        Assert.Equal(20, taken.Length);
        Assert.InRange(taken.Intersect(own[0]).Count(), Math.Min(20, batch.Intersect(own[0]).Count()), 20);
    }

    /// <summary>By remainders each process would see one of two classes only.</summary>
    [Fact]
    public void Where_classes_take_turns_each_process_has_all_of_them()
    {
        var share = new ReplicaShare(0, 2);
        int[] rows = [.. Enumerable.Range(0, 1000).Where(share.Owns)];
        Assert.InRange(rows.Count(row => row % 2 == 0), 200, 300);
    }
}
