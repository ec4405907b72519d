using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class RandomCropTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(BorderMode.Zero)]
    [InlineData(BorderMode.Reflect)]
    public void Each_image_is_a_window_of_its_padded_self_and_every_shift_occurs(BorderMode border)
    {
        const int Count = 300;
        const int Padding = 2;
        var images = AugmentationCases.Images(Count, ScalarType.Float32);
        var mode = border == BorderMode.Zero ? PaddingModes.Constant : PaddingModes.Reflect;
        var padded = nn.functional.pad(images, [Padding, Padding, Padding, Padding], mode);

        var cropped = new RandomCrop { Padding = Padding, Border = border }.Apply(
            images, AugmentationCases.Random(view: 0, AugmentationCases.Rows(Count)));

        var found = zeros(Count, ScalarType.Int64);
        for (var top = 0; top <= 2 * Padding; top++)
        {
            for (var left = 0; left <= 2 * Padding; left++)
            {
                var isWindow = padded.narrow(2, top, 12).narrow(3, left, 10).eq(cropped).view(Count, -1).all(1);
                Assert.True(isWindow.any().item<bool>(), $"No image is shifted by ({top - Padding}, {left - Padding}).");
                found += isWindow.to(ScalarType.Int64);
            }
        }

        Assert.True(found.eq(1).all().item<bool>());
    }

    [Fact]
    public void No_padding_changes_nothing()
    {
        var images = AugmentationCases.Images(5);

        var cropped = new RandomCrop { Padding = 0 }.Apply(images, AugmentationCases.Random(view: 0, AugmentationCases.Rows(5)));

        Assert.True(cropped.eq(images).all().item<bool>());
    }

    [Fact]
    public void Reflection_wider_than_the_image_is_refused()
    {
        var crop = new RandomCrop { Padding = 10, Border = BorderMode.Reflect };

        var exception = Assert.Throws<ArgumentException>(() =>
            crop.Apply(AugmentationCases.Images(1), AugmentationCases.Random(view: 0, 0)));

        Assert.Equal(
            "Padding must be below the images' height and width to be reflected, but is 10 for images of shape [1,3,12,10]. (Parameter "
                + "'images')",
            exception.Message);
    }
}
