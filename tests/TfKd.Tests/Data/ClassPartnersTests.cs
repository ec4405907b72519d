using TorchSharp;

namespace TfKd.Tests;

public sealed class ClassPartnersTests
{
    [Fact]
    public void A_partner_is_another_row_of_the_class()
    {
        var source = PatternSource.Create(23, classCount: 5);
        var partners = new ClassPartners(source);
        for (var epoch = 0; epoch < 50; epoch++)
        {
            for (var row = 0; row < source.Count; row++)
            {
                var partner = partners.Of(row, seed: 1, epoch);
                Assert.NotEqual(row, partner);
                Assert.Equal(source.GetLabel(row), source.GetLabel(partner));
            }
        }
    }

    [Fact]
    public void A_row_that_is_alone_is_its_own_partner()
    {
        // Classes 0 and 1 have two rows each, class 2 has one.
        var partners = new ClassPartners(PatternSource.Create(5, classCount: 3));

        Assert.Equal([3, 4, 2, 0, 1], Enumerable.Range(0, 5).Select(row => partners.Of(row, seed: 1, epoch: 7)));
    }

    [Fact]
    public void A_partner_depends_on_seed_and_epoch_and_row_alone()
    {
        var source = PatternSource.Create(60, classCount: 3);
        int[] Partners(long seed, int epoch) => [.. Enumerable.Range(0, 60).Select(row => new ClassPartners(source).Of(row, seed, epoch))];

        Assert.Equal(Partners(1, 2), Partners(1, 2));
        Assert.NotEqual(Partners(1, 2), Partners(1, 3));
        Assert.NotEqual(Partners(1, 2), Partners(2, 2));
        Assert.True(Partners(1, 2).Select((partner, row) => Math.Abs(partner - row)).Distinct().Count() > 5);
    }

    [Fact]
    public void Every_other_row_is_equally_likely()
    {
        const int Epochs = 6000;
        var partners = new ClassPartners(PatternSource.Create(14, classCount: 2));
        // Row 6 is the fourth of the seven rows of class 0.
        var counts = Enumerable
            .Range(0, Epochs)
            .GroupBy(epoch => partners.Of(6, seed: 9, epoch))
            .ToDictionary(group => group.Key, group => group.Count());

        Assert.Equal([0, 2, 4, 8, 10, 12], counts.Keys.Order());
        // Chi squared of five degrees of freedom; 20.5 is passed by one fair draw in a thousand.
        const double Expected = Epochs / 6.0;
        Assert.InRange(counts.Values.Sum(count => (count - Expected) * (count - Expected) / Expected), 0, 20.5);
    }

    [Fact]
    public void Shuffled_batches_bring_the_partners_pixels_and_labels()
    {
        var source = PatternSource.Create(22, classCount: 3);
        var partners = new ClassPartners(source);
        var expected = new byte[source.Shape.ByteCount];
        var rows = 0;
        foreach (var batch in new BatchLoader(source, 5) { WithPartners = true }.ReadShuffled(seed: 4, epoch: 2))
        {
            using (batch)
            {
                var others = batch.Partners!;
                Assert.Equal(batch.RowIds.Select(row => partners.Of(row, seed: 4, epoch: 2)), others.RowIds);
                Assert.Equal(batch.Labels.data<long>().ToArray(), others.Labels.data<long>().ToArray());
                for (var i = 0; i < others.RowIds.Count; i++, rows++)
                {
                    source.ReadPixels(others.RowIds[i], expected);
                    using var image = others.Images[i];
                    Assert.Equal(expected, image.bytes.ToArray());
                }
            }
        }

        Assert.Equal(22, rows);
    }

    [Fact]
    public void Without_being_asked_there_are_none_and_the_order_is_the_same()
    {
        var source = PatternSource.Create(20, classCount: 2);
        var plain = new BatchLoader(source, 4).ReadShuffled(seed: 4, epoch: 2).ToList();
        var withPartners = new BatchLoader(source, 4) { WithPartners = true }.ReadShuffled(seed: 4, epoch: 2).ToList();

        Assert.All(plain, batch => Assert.Null(batch.Partners));
        Assert.Equal(plain.SelectMany(batch => batch.RowIds), withPartners.SelectMany(batch => batch.RowIds));
        foreach (var batch in plain.Concat(withPartners))
            batch.Dispose();
    }
}
