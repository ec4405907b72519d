using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class RandomResizedCropTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(ScalarType.Byte, 0)]
    [InlineData(ScalarType.Float32, 1e-3)]
    public void The_whole_image_is_the_identity(ScalarType type, double tolerance)
    {
        var images = AugmentationCases.Images(3, type);
        var whole = new RandomResizedCrop { MinArea = 1, MinAspectRatio = 10.0 / 12, MaxAspectRatio = 10.0 / 12 };

        var cropped = whole.Apply(images, AugmentationCases.Random(view: 0, AugmentationCases.Rows(3)));

        Assert.Equal(0, (cropped.to(ScalarType.Float64) - images.to(ScalarType.Float64)).abs().max().item<double>(), tolerance);
    }

    [Fact]
    public void A_box_that_never_fits_is_none() =>
        Assert.All(new BoxSampling(1, 1, 0.5, 0.6).Draw(AugmentationCases.Random(view: 0, 1, 2), 12, 10), box => Assert.Null(box));

    [Fact]
    public void Pixels_are_those_of_the_box_stretched_bilinearly()
    {
        const int Count = 8;
        var images = AugmentationCases.Images(Count, ScalarType.Float64);
        var crop = new RandomResizedCrop();
        var boxes = new BoxSampling(crop.MinArea, crop.MaxArea, crop.MinAspectRatio, crop.MaxAspectRatio).Draw(
            AugmentationCases.Random(view: 1, AugmentationCases.Rows(Count)), 12, 10);

        var cropped = crop.Apply(images, AugmentationCases.Random(view: 1, AugmentationCases.Rows(Count)));

        for (var row = 0; row < Count; row++)
        {
            var (image, box) = (PlainImage.Of(images, row), boxes[row]!.Value);
            image.Map((channel, y, x) => Stretched(image, box, channel, y, x)).AssertEqual(cropped, row, 1e-9);
        }
    }

    [Fact]
    public void Boxes_have_uniform_areas_and_places_and_log_uniform_ratios()
    {
        const int Count = 4000;
        var boxes = new BoxSampling(0.1, 0.5, 0.5, 2).Draw(AugmentationCases.Random(view: 0, AugmentationCases.Rows(Count)), 200, 200);

        // Within the square every area and ratio of these ranges fits, so that nothing is drawn twice; sides are rounded to pixels.
        Assert.All(boxes, box => Assert.NotNull(box));
        var sizes = boxes.Select(box => box!.Value).ToArray();
        Assert.All(sizes, box =>
            Assert.True(box is { Top: >= 0, Left: >= 0 } && box.Top + box.Height <= 200 && box.Left + box.Width <= 200));
        // Five standard deviations of the mean of a uniform number, and the rounding.
        Assert.Equal(0.3, sizes.Average(box => box.Height * box.Width / 40000.0), 5 * 0.4 / Math.Sqrt(12 * Count) + 1e-3);
        Assert.Equal(0, sizes.Average(box => Math.Log((double)box.Width / box.Height)), 5 * Math.Log(4) / Math.Sqrt(12 * Count) + 1e-3);
        Assert.Equal(0.5, sizes.Average(box => box.Top / (200.0 - box.Height)), 5 / Math.Sqrt(12 * Count) + 1e-2);
        Assert.Equal(0.5, sizes.Average(box => box.Left / (200.0 - box.Width)), 5 / Math.Sqrt(12 * Count) + 1e-2);
        Assert.InRange(sizes.Min(box => box.Height * box.Width / 40000.0), 0.098, 0.102);
        Assert.InRange(sizes.Max(box => box.Height * box.Width / 40000.0), 0.498, 0.502);
    }

    [Theory]
    [InlineData(100, 100, 0, 0, 100, 100)]
    [InlineData(100, 300, 0, 83, 100, 133)]
    [InlineData(300, 100, 83, 0, 133, 100)]
    public void Where_no_box_fits_the_largest_in_the_middle_is_taken(
        int height, int width, int top, int left, int boxHeight, int boxWidth) =>
        Assert.Equal(new PixelBox(top, left, boxHeight, boxWidth), new RandomResizedCrop().Middle(height, width));

    private static double Stretched(PlainImage image, PixelBox box, int channel, int y, int x)
    {
        var sourceY = Math.Clamp((y + 0.5) * box.Height / image.Height - 0.5, 0, box.Height - 1);
        var sourceX = Math.Clamp((x + 0.5) * box.Width / image.Width - 0.5, 0, box.Width - 1);
        var sum = 0.0;
        for (var line = 0; line < box.Height; line++)
        {
            for (var column = 0; column < box.Width; column++)
                sum += Math.Max(0, 1 - Math.Abs(sourceY - line)) * Math.Max(0, 1 - Math.Abs(sourceX - column)) * image[channel, box.Top + line, box.Left + column];
        }

        return sum;
    }
}
