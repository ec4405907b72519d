namespace TfKd.Tests;

public sealed class ClassOrderTests
{
    [Fact]
    public void Groups_that_are_alike_stand_together_in_the_order_of_their_first_class()
    {
        // Odd with odd and even with even.
        var order = ClassOrder.Of([0, 1, 2, 3, 4, 5], (one, other) => one % 2 == other % 2 ? 1 : 0);
        Assert.Equal([0, 2, 4], order[..3].Order());
        Assert.Equal([1, 3, 5], order[3..].Order());
    }

    [Fact]
    public void A_chain_is_found()
    {
        // 0 - 3 - 1 - 2, each alike to its neighbours alone. {0, 3} comes first, then {1, 2}; 3 and 1 are where the two meet.
        var links = new Dictionary<(int, int), double> { [(0, 3)] = 1, [(1, 3)] = 0.5, [(1, 2)] = 0.4 };
        var order = ClassOrder.Of(
            [0, 1, 2, 3], (one, other) => links.GetValueOrDefault((Math.Min(one, other), Math.Max(one, other))));
        Assert.Equal([0, 3, 1, 2], order);
    }

    [Theory]
    [InlineData(1, 2, new[] { 0, 1, 2, 3 })]
    [InlineData(1, 3, new[] { 0, 1, 3, 2 })]
    [InlineData(0, 2, new[] { 1, 0, 2, 3 })]
    [InlineData(0, 3, new[] { 2, 3, 0, 1 })]
    public void Groups_are_turned_so_that_the_ends_meet_that_are_alike(int one, int other, int[] expected) =>
        // 0 is like 1 and 2 is like 3; between these pairs one class of each is a little.
        Assert.Equal(expected, ClassOrder.Of([0, 1, 2, 3], (a, b) => (Math.Min(a, b), Math.Max(a, b)) switch
        {
            (0, 1) or (2, 3) => 1,
            var pair => pair == (one, other) ? 0.5 : 0,
        }));

    [Fact]
    public void Without_likeness_the_order_stays() => Assert.Equal([7, 3, 5], ClassOrder.Of([7, 3, 5], (_, _) => 0));

    [Fact]
    public void Every_class_comes_once()
    {
        var random = new Random(3);
        var likeness = new double[40, 40];
        for (var one = 0; one < 40; one++)
        {
            for (var other = 0; other < one; other++)
                likeness[one, other] = likeness[other, one] = random.Next(3) == 0 ? random.NextDouble() : 0;
        }

        int[] classes = [.. Enumerable.Range(0, 40)];
        var order = ClassOrder.Of(classes, (one, other) => likeness[one, other]);
        Assert.Equal(classes, order.Order());
        // More alike, as neighbours, than in the order that they came in.
        Assert.True(Neighbours(order) > 2 * Neighbours(classes), $"{Neighbours(order)} against {Neighbours(classes)}");

        double Neighbours(int[] ordered) => ordered.Zip(ordered.Skip(1)).Sum(pair => likeness[pair.First, pair.Second]);
    }
}
