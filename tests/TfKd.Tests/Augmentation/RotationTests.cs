using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class RotationTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(RotationSampling.Nearest, ScalarType.Byte, 0)]
    [InlineData(RotationSampling.Bilinear, ScalarType.Byte, 0)]
    [InlineData(RotationSampling.Nearest, ScalarType.Float32, 0)]
    [InlineData(RotationSampling.Bilinear, ScalarType.Float32, 1e-3)]
    public void No_degrees_is_the_identity(RotationSampling sampling, ScalarType type, double tolerance)
    {
        var images = AugmentationCases.Images(4, type);

        var turned = new Rotation { Degrees = 0, Sampling = sampling }.Apply(
            images, AugmentationCases.Random(view: 0, AugmentationCases.Rows(4)));

        Assert.Equal(0, (turned.to(ScalarType.Float64) - images.to(ScalarType.Float64)).abs().max().item<double>(), tolerance);
    }

    [Fact]
    public void Pixels_are_those_of_a_plain_rotation_about_the_centre()
    {
        const int Count = 6;
        var images = AugmentationCases.Images(Count, ScalarType.Float64);
        var angles = AugmentationCases.Random(view: 2, AugmentationCases.Rows(Count)).NextDoubles(-30, 30);

        var turned = new Rotation { Degrees = 30, Sampling = RotationSampling.Bilinear }.Apply(
            images, AugmentationCases.Random(view: 2, AugmentationCases.Rows(Count)));

        for (var row = 0; row < Count; row++)
        {
            var (source, result) = (images[row, 0].data<double>().ToArray(), turned[row, 0].data<double>().ToArray());
            for (var y = 0; y < 12; y++)
            {
                for (var x = 0; x < 10; x++)
                    Assert.Equal(Rotated(source, angles[row] * Math.PI / 180, x, y), result[y * 10 + x], 1e-9);
            }
        }
    }

    [Theory]
    [InlineData(RotationSampling.Nearest)]
    [InlineData(RotationSampling.Bilinear)]
    public void Sampling_is_that_of_a_bare_rotation_to_the_last_bit(RotationSampling sampling)
    {
        const int Count = 9;
        var images = AugmentationCases.Images(Count, ScalarType.Float32);
        var radians = AugmentationCases
            .Random(view: 2, AugmentationCases.Rows(Count))
            .NextDoubles(-30, 30)
            .Select(angle => angle * Math.PI / 180)
            .ToArray();
        Tensor PerRow(Func<double, double> function) => tensor(radians.Select(function).ToArray(), ScalarType.Float32).view(-1, 1, 1);
        Tensor Centres(
            int count) => tensor(Enumerable.Range(0, count).Select(i => (2 * i + 1.0) / count - 1).ToArray(), ScalarType.Float32);
        var (x, y, cos) = (Centres(10).view(1, 1, -1), Centres(12).view(1, -1, 1), PerRow(Math.Cos));
        var grid = stack(
            [cos * x - PerRow(angle => Math.Sin(angle) * 12 / 10) * y, PerRow(angle => Math.Sin(angle) * 10 / 12) * x + cos * y], 3);
        var mode = sampling == RotationSampling.Nearest ? GridSampleMode.Nearest : GridSampleMode.Bilinear;
        var expected = nn.functional.grid_sample(images, grid, mode, GridSamplePaddingMode.Zeros, align_corners: false);

        var turned = new Rotation { Degrees = 30, Sampling = sampling }.Apply(
            images, AugmentationCases.Random(view: 2, AugmentationCases.Rows(Count)));

        Assert.True(turned.eq(expected).all().item<bool>());
    }

    [Fact]
    public void Nearest_takes_only_values_of_the_image_and_black()
    {
        var images = full([3, 1, 12, 10], 200, ScalarType.Byte);

        var turned = new Rotation { Degrees = 45 }.Apply(images, AugmentationCases.Random(view: 0, 1, 2, 3));

        Assert.Equal([0, 200], turned.data<byte>().ToArray().Distinct().Order().Select(value => (int)value));
    }

    /// <summary>
    /// The bilinear value of an image of 12 by 10 at the place that a rotation brings to (x, y); pixels' centres are half-way numbers.
    /// </summary>
    private static double Rotated(double[] image, double angle, int x, int y)
    {
        var (fromCentreX, fromCentreY) = (x + 0.5 - 5, y + 0.5 - 6);
        var sourceX = Math.Cos(angle) * fromCentreX - Math.Sin(angle) * fromCentreY + 5 - 0.5;
        var sourceY = Math.Sin(angle) * fromCentreX + Math.Cos(angle) * fromCentreY + 6 - 0.5;
        var sum = 0.0;
        for (var row = 0; row < 12; row++)
        {
            for (var column = 0; column < 10; column++)
                sum += Math.Max(0, 1 - Math.Abs(sourceX - column)) * Math.Max(0, 1 - Math.Abs(sourceY - row)) * image[row * 10 + column];
        }

        return sum;
    }
}
