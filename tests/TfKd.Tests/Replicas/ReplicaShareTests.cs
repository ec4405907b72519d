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
        var taken = Array.ConvertAll(shares, share => share.Take(batch));
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
            return [.. rows.Chunk(128).SelectMany(share.Take)];
        }
    }

    /// <summary>By remainders each process would see one of two classes only.</summary>
    [Fact]
    public void Where_classes_take_turns_each_process_has_all_of_them()
    {
        var rows = new ReplicaShare(0, 2).TakeOfAll(1000);
        Assert.InRange(rows.Count(row => row % 2 == 0), 200, 300);
    }
}
