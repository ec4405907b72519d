namespace TfKd.Tests;

/// <summary>
/// Numbers that make no sense are refused where they are set; ranges, whose ends may be set in either order, where they are used.
/// </summary>
public sealed class AugmentationValueTests
{
    [Fact]
    public void Bad_values_are_refused_by_name_and_value()
    {
        Assert.Equal(
            "MinArea must be above 0 and finite, but is 0. (Parameter 'MinArea')", Refused(() => new RandomResizedCrop { MinArea = 0 }));
        Assert.Equal(
            "MaxArea must be within [0, 1], but is 1.5. (Parameter 'MaxArea')", Refused(() => new RandomResizedCrop { MaxArea = 1.5 }));
        Assert.Equal(
            "MinAspectRatio must be above 0 and finite, but is -1. (Parameter 'MinAspectRatio')",
            Refused(() => new RandomResizedCrop { MinAspectRatio = -1 }));
        Assert.Equal(
            "MaxAspectRatio must be above 0 and finite, but is NaN. (Parameter 'MaxAspectRatio')",
            Refused(() => new RandomResizedCrop { MaxAspectRatio = double.NaN }));
        Assert.Equal(
            "Brightness must be 0 or above and finite, but is -0.1. (Parameter 'Brightness')",
            Refused(() => new ColorJitter { Brightness = -0.1 }));
        Assert.Equal(
            "Contrast must be 0 or above and finite, but is NaN. (Parameter 'Contrast')",
            Refused(() => new ColorJitter { Contrast = double.NaN }));
        Assert.Equal(
            "Saturation must be 0 or above and finite, but is -1. (Parameter 'Saturation')",
            Refused(() => new ColorJitter { Saturation = -1 }));
        Assert.Equal("Hue must be within [0, 0.5], but is 0.6. (Parameter 'Hue')", Refused(() => new ColorJitter { Hue = 0.6 }));
        Assert.Equal(
            "Probability must be within [0, 1], but is 2. (Parameter 'Probability')",
            Refused(() => new RandomErasing { Probability = 2 }));
        Assert.Equal(
            "Probability must be within [0, 1], but is -1. (Parameter 'Probability')",
            Refused(() => new VerticalFlip { Probability = -1 }));
        Assert.Equal(
            "MinAspectRatio must be within [0, 1], but is 3. (Parameter 'MinAspectRatio')",
            Refused(() => new RandomErasing { MinAspectRatio = 3 }));
        Assert.Equal(
            "Fill must be one of Zero, Mean, Random, but is 7. (Parameter 'Fill')",
            Refused(() => new RandomErasing { Fill = (ErasingFill)7 }));
    }

    [Fact]
    public void Ranges_whose_ends_are_in_the_wrong_order_are_refused()
    {
        Assert.Equal(
            "MinArea must not be above MaxArea, but is 0.8, and MaxArea is 0.5.",
            RefusedAtUse(new RandomResizedCrop { MinArea = 0.8, MaxArea = 0.5 }));
        Assert.Equal(
            "MinAspectRatio must not be above MaxAspectRatio, but is 2, and MaxAspectRatio is 1.",
            RefusedAtUse(new RandomResizedCrop { MinAspectRatio = 2, MaxAspectRatio = 1 }));
        Assert.Equal(
            "MinArea must not be above MaxArea, but is 0.8, and MaxArea is 0.5.",
            RefusedAtUse(new RandomErasing { MinArea = 0.8, MaxArea = 0.5 }));
    }

    private static string Refused(Func<object> make) => Assert.ThrowsAny<ArgumentException>(make).Message.Split(Environment.NewLine)[0];

    private static string RefusedAtUse(Augmentation augmentation)
    {
        using var images = AugmentationCases.Images(2);
        return Assert.Throws<InvalidOperationException>(() => augmentation.Apply(images, AugmentationCases.Random(view: 0, 1, 2))).Message;
    }
}
