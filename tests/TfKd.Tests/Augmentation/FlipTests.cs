using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class FlipTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Flipping_all_twice_is_the_identity()
    {
        var images = AugmentationCases.Images(5);
        var flip = new HorizontalFlip { Probability = 1 };
        Tensor Apply(Tensor tensor) => flip.Apply(tensor, AugmentationCases.Random(view: 0, AugmentationCases.Rows(5)));

        Assert.True(Apply(images).eq(images.flip(3)).all().item<bool>());
        Assert.True(Apply(Apply(images)).eq(images).all().item<bool>());
    }

    [Fact]
    public void A_vertical_flip_turns_upside_down()
    {
        var images = AugmentationCases.Images(5);

        var flipped = new VerticalFlip { Probability = 1 }.Apply(images, AugmentationCases.Random(view: 0, AugmentationCases.Rows(5)));

        Assert.True(flipped.eq(images.flip(2)).all().item<bool>());
    }

    [Fact]
    public void Probability_is_the_share_of_flipped_images()
    {
        const int Count = 2000;
        var images = arange(2).view(1, 1, 1, 2).expand(Count, 1, 1, 2).to(ScalarType.Byte);

        var flipped = new HorizontalFlip { Probability = 0.3 }.Apply(
            images, AugmentationCases.Random(view: 0, AugmentationCases.Rows(Count)));

        // Five standard deviations of a binomial share.
        Assert.Equal(0.3, flipped[TensorIndex.Colon, 0, 0, 0].to(ScalarType.Float64).mean().item<double>(), 0.052);
    }

    [Fact]
    public void Probability_zero_changes_nothing()
    {
        var images = AugmentationCases.Images(5);

        var same = new HorizontalFlip { Probability = 0 }.Apply(images, AugmentationCases.Random(view: 0, AugmentationCases.Rows(5)));

        Assert.True(same.eq(images).all().item<bool>());
    }
}
