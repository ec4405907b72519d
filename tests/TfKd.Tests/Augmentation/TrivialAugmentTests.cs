using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class TrivialAugmentTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Each_row_gets_the_operation_that_is_drawn_for_it()
    {
        const int Count = 200;
        var images = AugmentationCases.Images(Count);
        var random = AugmentationCases.Random(view: 5, AugmentationCases.Rows(Count));
        var (operations, strengths, signs) = (random.NextIntegers(14), random.NextIntegers(31), random.NextDoubles());

        var changed = new TrivialAugment().Apply(images, AugmentationCases.Random(view: 5, AugmentationCases.Rows(Count)));

        Assert.Equal(14, operations.Distinct().Count());
        for (var row = 0; row < Count; row++)
        {
            using var scope = NewDisposeScope();
            var image = images.narrow(0, row, 1).to(ScalarType.Float32);
            var expected = Change(
                (TrivialOperation)operations[row], image, [strengths[row] / 30.0], [signs[row] < 0.5 ? 1 : -1]);
            Assert.True(expected
                .round()
                .to(ScalarType.Byte)
                .eq(changed.narrow(0, row, 1))
                .all()
                .item<bool>(), $"Row {row}, {(TrivialOperation)operations[row]}.");
        }
    }

    [Theory]
    [InlineData(0.25, 1, 8)]
    [InlineData(0.25, -1, -8)]
    [InlineData(0.1, 1, 3)]
    [InlineData(1, -1, -32)]
    public void Translation_moves_by_whole_pixels_and_leaves_black(double strength, int sign, int pixels)
    {
        var images = AugmentationCases.Images(1, ScalarType.Float32);
        var image = PlainImage.Of(images, 0);

        image
            .Map((channel, y, x) => image.At(channel, y, x - pixels))
            .AssertEqual(Change(TrivialOperation.TranslateX, images, [strength], [sign]), 0, 0);
        image
            .Map((channel, y, x) => image.At(channel, y - pixels, x))
            .AssertEqual(Change(TrivialOperation.TranslateY, images, [strength], [sign]), 0, 0);
    }

    [Theory]
    [InlineData(0.37, 1)]
    [InlineData(0.81, -1)]
    public void Shear_is_about_the_corner_and_takes_the_nearest_pixel(double strength, int sign)
    {
        var images = AugmentationCases.Images(1, ScalarType.Float64);
        var image = PlainImage.Of(images, 0);
        var level = sign * 0.99 * strength;

        image.Map((channel, y, x) => image.At(channel, y, (int)Math.Floor(x + 0.5 + level * (y + 0.5))))
            .AssertEqual(Change(TrivialOperation.ShearX, images, [strength], [sign]), 0, 0);
        image.Map((channel, y, x) => image.At(channel, (int)Math.Floor(y + 0.5 + level * (x + 0.5)), x))
            .AssertEqual(Change(TrivialOperation.ShearY, images, [strength], [sign]), 0, 0);
    }

    [Fact]
    public void Two_thirds_of_the_strength_turn_by_a_right_angle()
    {
        var images = AugmentationCases.Images(1, ScalarType.Float32).narrow(2, 0, 10);

        Assert.True(Change(TrivialOperation.Rotate, images, [2.0 / 3], [1]).eq(images.rot90(1, (2, 3))).all().item<bool>());
        Assert.True(Change(TrivialOperation.Rotate, images, [2.0 / 3], [-1])
            .eq(images.rot90(-1, (2, 3)))
            .all()
            .item<bool>());
    }

    [Fact]
    public void Strengths_span_the_wide_space()
    {
        var images = full([2, 1, 1, 1], 100.0, ScalarType.Float64);
        double[] Of(
            TrivialOperation operation,
            int sign = 1) => Change(operation, images, [0, 1], [sign, sign]).data<double>().ToArray();

        Assert.Equal([100, 199], Of(TrivialOperation.Brightness), (left, right) => Math.Abs(left - right) < 1e-9);
        Assert.Equal([100, 1], Of(TrivialOperation.Brightness, sign: -1), (left, right) => Math.Abs(left - right) < 1e-9);
        Assert.Equal([100, 64], Of(TrivialOperation.Posterize));
        Assert.Equal([100, 155], Of(TrivialOperation.Solarize));
    }

    private static Tensor Change(TrivialOperation operation, Tensor images, double[] strengths, int[] signs) =>
        StrengthOperations.Change(operation, images, OperationRanges.Wide, strengths, signs);
}
