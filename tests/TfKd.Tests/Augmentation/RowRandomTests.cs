namespace TfKd.Tests;

public sealed class RowRandomTests
{
    [Fact]
    public void Numbers_depend_on_seed_row_view_and_draw_alone()
    {
        double Number(long seed, int row, int view, int draw, params int[] others)
        {
            var random = new RowRandom(seed, [.. others, row], view);
            for (var i = 0; i < draw; i++)
                random.NextDoubles();
            return random.NextDoubles()[^1];
        }

        Assert.Equal(Number(1, 2, 3, 4), Number(1, 2, 3, 4, others: [9, 8]));
        Assert.Equal(
            5,
            new[] { Number(1, 2, 3, 4), Number(0, 2, 3, 4), Number(1, 0, 3, 4), Number(1, 2, 0, 4), Number(1, 2, 3, 0) }
                .Distinct()
                .Count());
    }

    [Fact]
    public void Numbers_are_uniform_in_their_range()
    {
        var rows = Enumerable.Range(0, 10000).ToArray();
        var doubles = new RowRandom(3, rows, view: 0).NextDoubles(-2, 2);
        var integers = new RowRandom(4, rows, view: 0).NextIntegers(5);

        Assert.All(doubles, value => Assert.InRange(value, -2, 2));
        // Five standard deviations of a mean, and of a binomial count.
        Assert.Equal(0, doubles.Average(), 5 * 4 / Math.Sqrt(12 * 10000));
        Assert.Equal([0L, 1, 2, 3, 4], integers.Distinct().Order());
        Assert.All(integers.CountBy(value => value), count => Assert.InRange(count.Value, 1800, 2200));
    }
}
