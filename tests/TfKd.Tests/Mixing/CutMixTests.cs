using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class CutMixTests : IDisposable
{
    private const int Count = 6;

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void A_box_is_the_partners_and_its_share_of_the_pixels_is_the_partners_share_of_the_target()
    {
        var areas = new List<int>();
        for (var seed = 0; seed < 200; seed++)
        {
            using var scope = NewDisposeScope();
            var order = Enumerable.Range(0, Count).Select(row => (long)row).ToArray();
            new Random(seed).Shuffle(order);

            var mixed = new CutMix().Apply(MixingCases.Images(Count), MixingCases.Labels(Count), new Random(seed));

            Assert.Equal(ScalarType.Byte, mixed.Images.dtype);
            var pixels = mixed.Images.contiguous().data<byte>().ToArray();
            var targets = mixed.Targets.Probabilities.contiguous().data<float>().ToArray();
            for (var row = 0; row < Count; row++)
            {
                var image = pixels.AsSpan(row * 3 * 120, 3 * 120);
                Assert.True(image[..120].SequenceEqual(image.Slice(120, 120)) && image[..120].SequenceEqual(image[240..]));
                var partner = (int)order[row];
                var places = new List<(int Y, int X)>();
                for (var i = 0; i < 120; i++)
                {
                    Assert.True(image[i] == row + 1 || image[i] == partner + 1);
                    if (image[i] != row + 1)
                        places.Add((i / 10, i % 10));
                }

                if (partner == row)
                    continue;
                areas.Add(places.Count);
                if (places.Count > 0)
                    Assert.Equal(
                        places.Count,
                        (places.Max(place =>
                            place.Y) - places.Min(place =>
                                place.Y) + 1) * (places.Max(place => place.X) - places.Min(place => place.X) + 1));
                var share = row % MixingCases.Classes == partner % MixingCases.Classes ? 0 : places.Count / 120.0;
                Assert.Equal(1 - share, targets[row * MixingCases.Classes + row % MixingCases.Classes], 1e-6);
            }
        }

        // Boxes of all sizes occur.
        Assert.Contains(areas, area => area < 12);
        Assert.Contains(areas, area => area is > 30 and < 60);
        Assert.Contains(areas, area => area > 60);
    }

    [Fact]
    public void Probability_is_the_share_of_mixed_batches_and_others_stay_as_they_are()
    {
        const int Batches = 1000;
        var images = MixingCases.Images(2);
        var targets = MixingCases.Labels(2);
        var unmixed = 0;
        for (var seed = 0; seed < Batches; seed++)
        {
            using var scope = NewDisposeScope();
            var mixed = new CutMix { Probability = 0.3 }.Apply(images, targets, new Random(seed));
            if (mixed.Targets.Labels is null)
                continue;
            unmixed++;
            Assert.Same(targets, mixed.Targets);
            Assert.True(mixed.Images.eq(images).all().item<bool>());
        }

        // Five standard deviations of a binomial share.
        Assert.Equal(0.7, (double)unmixed / Batches, 0.073);
    }
}
