using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class ColorJitterTests : IDisposable
{
    private const int Count = 30;

    private static readonly ColorJitter _none = new() { Brightness = 0, Contrast = 0, Saturation = 0, Hue = 0 };

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void No_strength_changes_nothing()
    {
        var images = AugmentationCases.Images(Count);

        Assert.True(Apply(_none, images).eq(images).all().item<bool>());
    }

    [Fact]
    public void Each_change_alone_is_its_operation_with_a_factor_in_its_range()
    {
        var images = AugmentationCases.Images(Count, ScalarType.Float64);
        var numbers = Enumerable.Range(0, 4).Aggregate((Random: Numbers(), Draws: new List<double[]>()), (state, _) =>
        {
            state.Draws.Add(state.Random.NextDoubles());
            return state;
        }).Draws;

        Assert.True(Close(_none with { Brightness = 0.5 }, ColourOperations.Brightness(images, Within(0, 0.5, 1.5))));
        Assert.True(Close(_none with { Contrast = 3 }, ColourOperations.Contrast(images, Within(1, 0, 4))));
        Assert.True(Close(_none with { Saturation = 0.5 }, ColourOperations.Saturation(images, Within(2, 0.5, 1.5))));
        Assert.True(Close(_none with { Hue = 0.2 }, ColourOperations.Hue(images, Within(3, -0.2, 0.2))));

        double[] Within(int draw, double low, double high) => Array.ConvertAll(numbers[draw], value => low + (high - low) * value);
        bool Close(ColorJitter jitter, Tensor expected) => allclose(Apply(jitter, images), expected, rtol: 0, atol: 1e-9);
    }

    [Fact]
    public void The_order_of_two_changes_is_either_one_about_as_often()
    {
        // Brightness and contrast do not commute where values are cut off.
        const int Many = 600;
        var images = AugmentationCases.Images(1, ScalarType.Float64).expand(Many, -1, -1, -1);
        var jitter = _none with { Brightness = 0.9, Contrast = 0.9 };
        var random = AugmentationCases.Random(view: 0, AugmentationCases.Rows(Many));
        var (brightness, contrast) = (random.NextDoubles(0.1, 1.9), random.NextDoubles(0.1, 1.9));

        var jittered = jitter.Apply(images, AugmentationCases.Random(view: 0, AugmentationCases.Rows(Many)));

        var brightnessFirst = Same(ColourOperations.Contrast(ColourOperations.Brightness(images, brightness), contrast));
        var contrastFirst = Same(ColourOperations.Brightness(ColourOperations.Contrast(images, contrast), brightness));
        Assert.True(brightnessFirst.logical_or(contrastFirst).all().item<bool>());
        // Five standard deviations of a binomial share; where both orders agree, either counts.
        var share = brightnessFirst
            .logical_and(contrastFirst.logical_not())
            .to(ScalarType.Float64)
            .sum() / brightnessFirst.logical_xor(contrastFirst).sum();
        Assert.Equal(0.5, share.item<double>(), 0.15);
        Assert.True(brightnessFirst.logical_xor(contrastFirst).sum().item<long>() > Many / 2);

        Tensor Same(Tensor expected) => (jittered - expected).abs().amax([1, 2, 3]).lt(1e-9);
    }

    [Fact]
    public void Grey_images_have_no_saturation_and_no_hue()
    {
        var images = AugmentationCases.Images(Count).narrow(1, 0, 1);

        Assert.True(Apply(_none with { Saturation = 1, Hue = 0.5 }, images).eq(images).all().item<bool>());
        Assert.False(Apply(_none with { Contrast = 1 }, images).eq(images).all().item<bool>());
    }

    private static Tensor Apply(ColorJitter jitter, Tensor images) => jitter.Apply(images, Numbers());

    private static RowRandom Numbers() => AugmentationCases.Random(view: 0, AugmentationCases.Rows(Count));
}
