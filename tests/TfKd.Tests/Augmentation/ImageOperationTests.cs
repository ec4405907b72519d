using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Each operation on images against the same in plain numbers, image by image and pixel by pixel.</summary>
public sealed class ImageOperationTests : IDisposable
{
    private const int Count = 4;

    private static readonly double[] _factors = [0.3, 1.7, 0, 1];

    private readonly DisposeScope _scope = NewDisposeScope();

    public static TheoryData<int> Channels => [3, 1];

    public void Dispose() => _scope.Dispose();

    [Theory]
    [MemberData(nameof(Channels))]
    public void Brightness_multiplies(int channels) =>
        Check(channels, images =>
            ColourOperations.Brightness(images, _factors), (image, row) => image.Blend(_factors[row], (_, _, _) => 0));

    // The mean is taken in steps of 2^-16.
    [Theory]
    [MemberData(nameof(Channels))]
    public void Contrast_blends_with_the_mean_luma(int channels) =>
        Check(channels, images => ColourOperations.Contrast(images, _factors), (image, row) =>
    {
        var mean = Enumerable.Range(0, image.Height * image.Width).Average(i => image.Luma(i / image.Width, i % image.Width));
        return image.Blend(_factors[row], (_, _, _) => mean);
    }, 1e-5);

    [Theory]
    [MemberData(nameof(Channels))]
    public void Saturation_blends_with_the_luma(int channels) =>
        Check(channels, images =>
            ColourOperations.Saturation(images, _factors), (image, row) => image.Blend(_factors[row], (_, y, x) => image.Luma(y, x)));

    [Theory]
    [MemberData(nameof(Channels))]
    public void Sharpness_blends_with_the_blurred_image(int channels) =>
        Check(channels, images => ColourOperations.Sharpness(images, _factors), (image, row) =>
        image.Blend(_factors[row], (channel, y, x) =>
        {
            if (y == 0 || x == 0 || y == image.Height - 1 || x == image.Width - 1)
                return image[channel, y, x];
            var sum = 4 * image[channel, y, x];
            for (var i = 0; i < 9; i++)
                sum += image[channel, y + i / 3 - 1, x + i % 3 - 1];
            return sum / 13;
        }));

    [Fact]
    public void Sharpness_leaves_images_without_inner_pixels()
    {
        var images = Images(3).narrow(2, 0, 2);

        Assert.True(ColourOperations.Sharpness(images, _factors).eq(images).all().item<bool>());
    }

    [Fact]
    public void Hue_turns_the_colour_in_the_hsv_model()
    {
        double[] turns = [0.1, -0.4, 0.5, 0];

        Check(3, images => ColourOperations.Hue(images, turns), (image, row) =>
            image.Map((channel, y, x) => Turned([image[0, y, x], image[1, y, x], image[2, y, x]], turns[row])[channel]));
    }

    [Fact]
    public void Hue_leaves_greys_and_images_of_one_channel()
    {
        var grey = Images(1);

        Assert.True(ColourOperations.Hue(grey, [0.1, 0.2, 0.3, 0.4]).eq(grey).all().item<bool>());
        var asRgb = grey.expand(-1, 3, -1, -1);
        Assert.True(ColourOperations.Hue(asRgb, [0.1, 0.2, 0.3, 0.4]).eq(asRgb).all().item<bool>());
    }

    [Fact]
    public void Posterize_keeps_the_highest_bits()
    {
        double[] bits = [8, 4, 2, 0];

        Check(3, images => ToneOperations.Posterize(images, bits), (image, row) =>
            image.Map((channel, y, x) => (int)image[channel, y, x] & ~((1 << (8 - (int)bits[row])) - 1)));
    }

    [Fact]
    public void Solarize_inverts_from_the_threshold_on()
    {
        double[] thresholds = [0, 100, 255, 256];

        Check(3, images => ToneOperations.Solarize(images, thresholds), (image, row) =>
            image.Map((channel, y, x) => image[channel, y, x] >= thresholds[row] ? 255 - image[channel, y, x] : image[channel, y, x]));
    }

    [Fact]
    public void Auto_contrast_stretches_each_channel() => Check(3, images => ToneOperations.AutoContrast(images / 2 + 40), (image, _) =>
        image.Map((channel, y, x) =>
            (image[channel, y, x] - image.Channel(channel).Min()) * 255 / (image.Channel(channel).Max() - image.Channel(channel).Min())));

    [Fact]
    public void Auto_contrast_leaves_a_channel_of_one_value()
    {
        var images = full([1, 3, 4, 5], 77.0, ScalarType.Float64);

        Assert.True(ToneOperations.AutoContrast(images).eq(images).all().item<bool>());
    }

    [Fact]
    public void Equalize_is_that_of_the_python_imaging_library()
    {
        // Larger images, of levels that are not equally frequent: few pixels leave a channel as it is.
        var random = new Random(5);
        var images = tensor(
            Enumerable.Range(0, 2 * 3 * 30 * 32).Select(i => (double)(int)(255 * Math.Pow(random.NextDouble(), 1 + i / 960 % 3))).ToArray(),
            [2, 3, 30, 32],
            ScalarType.Float64);

        var equalized = ToneOperations.Equalize(images);

        for (var row = 0; row < 2; row++)
        {
            var image = PlainImage.Of(images, row);
            var tables = Enumerable.Range(0, 3).Select(channel => EqualizingTable(image.Channel(channel))).ToArray();
            image.Map((channel, y, x) => tables[channel][(int)image[channel, y, x]]).AssertEqual(equalized, row, 0);
            Assert.NotEqual(tables[0], Enumerable.Range(0, 256));
        }
    }

    [Fact]
    public void Equalize_leaves_channels_of_few_pixels_and_of_one_value()
    {
        var images = cat([Images(3), full([Count, 3, 9, 7], 77.0, ScalarType.Float64)], 1);

        Assert.True(ToneOperations.Equalize(images).eq(images).all().item<bool>());
    }

    private static Tensor Images(int channels)
    {
        var random = new Random(21);
        return tensor(
            Enumerable.Range(0, Count * channels * 9 * 7).Select(_ => (double)random.Next(256)).ToArray(),
            [Count, channels, 9, 7],
            ScalarType.Float64);
    }

    private static void Check(
        int channels, Func<Tensor, Tensor> operation, Func<PlainImage, int, PlainImage> oracle, double tolerance = 1e-9)
    {
        var images = Images(channels);
        var changed = operation(images);
        for (var row = 0; row < Count; row++)
            oracle(PlainImage.Of(images, row), row).AssertEqual(changed, row, tolerance);
    }

    private static double[] Turned(double[] rgb, double turn)
    {
        var (most, least) = (rgb.Max(), rgb.Min());
        if (most == least)
            return rgb;
        var chroma = most - least;
        var sector =
            most == rgb[0] ? (rgb[1] - rgb[2]) / chroma : most == rgb[1] ? 2 + (rgb[2] - rgb[0]) / chroma : 4 + (rgb[0] - rgb[1]) / chroma;
        var hue = (sector / 6 + turn + 2) % 1 * 6;
        var (whole, part) = ((int)hue, hue - Math.Floor(hue));
        var (falling, rising) = (most - chroma * part, most - chroma * (1 - part));
        return whole switch
        {
            0 => [most, rising, least],
            1 => [falling, most, least],
            2 => [least, most, rising],
            3 => [least, falling, most],
            4 => [rising, least, most],
            _ => [most, least, falling],
        };
    }

    private static int[] EqualizingTable(IEnumerable<double> values)
    {
        var counts = new int[256];
        foreach (var value in values)
            counts[(int)value]++;
        var step = (counts.Sum() - counts.Last(count => count > 0)) / 255;
        if (step == 0)
            return [.. Enumerable.Range(0, 256)];
        var table = new int[256];
        var sum = step / 2;
        for (var level = 0; level < 256; level++)
        {
            table[level] = Math.Min(sum / step, 255);
            sum += counts[level];
        }

        return table;
    }
}
