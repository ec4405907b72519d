using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class RandomErasingTests : IDisposable
{
    private const int Count = 400;

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void A_box_of_the_right_size_is_erased_in_the_right_share_of_the_images()
    {
        var images = full([Count, 2, 40, 30], 200, ScalarType.Byte);

        var erased = new RandomErasing { Probability = 0.4, MinArea = 0.1, MaxArea = 0.2 }.Apply(
            images, AugmentationCases.Random(view: 0, AugmentationCases.Rows(Count)));

        var changed = 0;
        for (var row = 0; row < Count; row++)
        {
            var image = PlainImage.Of(erased, row);
            Assert.Equal(image.Channel(0), image.Channel(1));
            var places = Enumerable
                .Range(0, 40 * 30)
                .Where(i => image[0, i / 30, i % 30] == 0)
                .Select(i => (Y: i / 30, X: i % 30))
                .ToArray();
            Assert.All(image.Channel(0), value => Assert.True(value is 0 or 200));
            if (places.Length == 0)
                continue;
            changed++;
            var (height, width) = (places.Max(place =>
                place.Y) - places.Min(place => place.Y) + 1, places.Max(place => place.X) - places.Min(place => place.X) + 1);
            Assert.Equal(height * width, places.Length);
            // Rounded to pixels.
            Assert.InRange(places.Length / 1200.0, 0.09, 0.22);
            Assert.InRange((double)width / height, 0.27, 3.7);
        }

        // Five standard deviations of a binomial share.
        Assert.Equal(0.4, (double)changed / Count, 0.123);
    }

    [Fact]
    public void The_mean_is_each_channels_own()
    {
        var images = AugmentationCases.Images(6, ScalarType.Float64);

        var erased = new RandomErasing { Probability = 1, Fill = ErasingFill.Mean }.Apply(
            images, AugmentationCases.Random(view: 0, AugmentationCases.Rows(6)));

        for (var row = 0; row < 6; row++)
        {
            var (before, after) = (PlainImage.Of(images, row), PlainImage.Of(erased, row));
            for (var channel = 0; channel < 3; channel++)
            {
                var filled = before
                    .Channel(channel)
                    .Zip(after.Channel(channel))
                    .Where(pair => pair.First != pair.Second)
                    .Select(pair => pair.Second)
                    .ToArray();
                Assert.NotEmpty(filled);
                // The mean is taken in steps of 2^-16.
                Assert.All(filled, value => Assert.Equal(before.Channel(channel).Average(), value, 1e-5));
            }
        }
    }

    [Fact]
    public void Noise_is_uniform_over_all_values()
    {
        var images = full([200, 1, 40, 30], 300.0, ScalarType.Float32);

        var erased = new RandomErasing { Probability = 1, Fill = ErasingFill.Random }.Apply(
            images, AugmentationCases.Random(view: 0, AugmentationCases.Rows(200)));

        var noise = erased.masked_select(erased.ne(300)).to(ScalarType.Float64);
        Assert.InRange(noise.numel(), 200 * 1200 * 0.02, 200 * 1200 * 0.33);
        Assert.Equal((0, 255), (noise.min().item<double>(), noise.max().item<double>()));
        Assert.Equal(127.5, noise.mean().item<double>(), 5 * 256 / Math.Sqrt(12.0 * noise.numel()));
        Assert.Equal(256 / Math.Sqrt(12), noise.std().item<double>(), 1);
    }

    [Fact]
    public void Probability_zero_changes_nothing()
    {
        var images = AugmentationCases.Images(5);

        Assert.True(new RandomErasing { Probability = 0 }
            .Apply(images, AugmentationCases.Random(view: 0, AugmentationCases.Rows(5)))
            .eq(images)
            .all()
            .item<bool>());
    }
}
