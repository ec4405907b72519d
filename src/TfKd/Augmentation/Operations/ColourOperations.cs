using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Changes of colour and sharpness, by a factor a row: images [N,C,H,W] of floating-point values from 0 to 255 to fresh ones. A factor of 1
/// changes nothing, 0 leaves the plain image: black, grey, without colour, blurred. The definitions are those of torchvision's functions on
/// tensors and of the Python imaging library.
/// </summary>
internal static class ColourOperations
{
    /// <summary>Multiplies the values.</summary>
    public static Tensor Brightness(Tensor images, double[] factors) => Blend(images, null, factors);

    /// <summary>Moves the values away from, or towards, the mean of the image's luma.</summary>
    public static Tensor Contrast(Tensor images, double[] factors)
    {
        using var scope = NewDisposeScope();
        var luma = images.shape[1] == 3 ? Luma(images) : images;
        return Blend(images, PixelValues.Mean(luma, 1, 2, 3), factors).MoveToOuterDisposeScope();
    }

    /// <summary>Moves the colours away from, or towards, their luma; images that are not RGB stay as they are.</summary>
    public static Tensor Saturation(Tensor images, double[] factors)
    {
        using var scope = NewDisposeScope();
        return (images.shape[1] == 3 ? Blend(images, Luma(images), factors) : images.alias()).MoveToOuterDisposeScope();
    }

    /// <summary>Moves the values away from, or towards, the blurred image. The outermost pixels have no blurred value, and stay.</summary>
    public static Tensor Sharpness(Tensor images, double[] factors)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (images.shape[2], images.shape[3]);
        if (height <= 2 || width <= 2)
            return images.alias().MoveToOuterDisposeScope();
        var threeLines = images.narrow(2, 0, height - 2) + images.narrow(2, 1, height - 2) + images.narrow(2, 2, height - 2);
        var nine = threeLines.narrow(3, 0, width - 2) + threeLines.narrow(3, 1, width - 2) + threeLines.narrow(3, 2, width - 2);
        var blurred = images.clone();
        var inner = blurred.narrow(2, 1, height - 2).narrow(3, 1, width - 2);
        // A pixel counts 5 times, each of its neighbours once.
        inner.copy_((nine + 4 * inner) / 13);
        return Blend(images, blurred, factors).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Turns the hue of RGB images in the HSV model by a fraction of the circle each row; images that are not RGB stay as they are.
    /// </summary>
    public static Tensor Hue(Tensor images, double[] turns)
    {
        using var scope = NewDisposeScope();
        if (images.shape[1] != 3)
            return images.alias().MoveToOuterDisposeScope();
        var (red, green, blue) = (images.narrow(1, 0, 1), images.narrow(1, 1, 1), images.narrow(1, 2, 1));
        var most = images.amax([1], keepdim: true);
        var chroma = most - images.amin([1], keepdim: true);
        var divisor = chroma.masked_fill(chroma.eq(0), 1);
        // In sixths of the circle.
        var hue = where(
            red.eq(most), (green - blue) / divisor, where(green.eq(most), (blue - red) / divisor + 2, (red - green) / divisor + 4));
        hue = hue + PixelValues.PerRow(Array.ConvertAll(turns, turn => 6 * turn), images);
        return cat([Channel(5), Channel(3), Channel(1)], 1).clamp_(0, 255).MoveToOuterDisposeScope();

        Tensor Channel(double offset)
        {
            var place = hue + offset;
            place = place - (place / 6).floor() * 6;
            return most - chroma * minimum(place, 4 - place).clamp(0, 1);
        }
    }

    /// <summary>The luma of ITU-R BT.601 of RGB images, [N,1,H,W].</summary>
    private static Tensor Luma(Tensor images) =>
        0.2989 * images.narrow(1, 0, 1) + 0.587 * images.narrow(1, 1, 1) + 0.114 * images.narrow(1, 2, 1);

    private static Tensor Blend(Tensor images, Tensor? plain, double[] factors)
    {
        using var scope = NewDisposeScope();
        var scaled = images * PixelValues.PerRow(factors, images);
        if (plain is not null)
            scaled = scaled + plain * PixelValues.PerRow(Array.ConvertAll(factors, factor => 1 - factor), images);
        return scaled.clamp_(0, 255).MoveToOuterDisposeScope();
    }
}
