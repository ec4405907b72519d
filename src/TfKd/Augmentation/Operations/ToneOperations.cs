using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Changes of each value or channel by itself: images [N,C,H,W] of floating-point values from 0 to 255 to fresh ones. Where levels are
/// counted, they are the whole parts of the values. The definitions are those of torchvision's functions on tensors and of the Python
/// imaging library.
/// </summary>
internal static class ToneOperations
{
    private const int Levels = 256;

    /// <summary>Keeps the highest bits of each level, as many as each row says, from 0 to 8.</summary>
    public static Tensor Posterize(Tensor images, double[] bits)
    {
        using var scope = NewDisposeScope();
        var step = PixelValues.PerRow(Array.ConvertAll(bits, count => Math.Pow(2, 8 - count)), images);
        return ((images / step).floor() * step).MoveToOuterDisposeScope();
    }

    /// <summary>Inverts the values that are not below each row's threshold.</summary>
    public static Tensor Solarize(Tensor images, double[] thresholds)
    {
        using var scope = NewDisposeScope();
        return where(images.ge(PixelValues.PerRow(thresholds, images)), 255 - images, images).MoveToOuterDisposeScope();
    }

    /// <summary>Stretches each channel, so that its lowest value becomes 0 and its highest 255; a channel of one value stays.</summary>
    public static Tensor AutoContrast(Tensor images)
    {
        using var scope = NewDisposeScope();
        var lowest = images.amin([2, 3], keepdim: true);
        var range = images.amax([2, 3], keepdim: true) - lowest;
        var stretched = (images - lowest) * (255 / range.masked_fill(range.eq(0), 1));
        return where(range.eq(0), images, stretched.clamp_(0, 255)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Changes the levels of each channel so that they occur about equally often; a channel stays where its levels below the highest occur
    /// less than 255 times in all.
    /// </summary>
    public static Tensor Equalize(Tensor images)
    {
        using var scope = NewDisposeScope();
        var (channels, pixels) = (images.shape[0] * images.shape[1], images.shape[2] * images.shape[3]);
        var levels = images.reshape(channels, pixels).clamp(0, Levels - 1).to(ScalarType.Int64);
        var counts = zeros([channels, Levels], ScalarType.Int64, images.device).scatter_add_(1, levels, ones_like(levels));
        // The highest level that occurs is left out of the sum.
        var step = (pixels - counts.gather(1, levels.amax([1], keepdim: true))).floor_divide(Levels - 1);
        var divisor = step.clamp(min: 1);
        var below = counts.cumsum(1) - counts;
        var table = (below + divisor.floor_divide(2)).floor_divide(divisor).clamp(0, Levels - 1);
        var equalized = table.gather(1, levels).view(images.shape).to(images.dtype);
        return where(step.eq(0).view(images.shape[0], images.shape[1], 1, 1), images, equalized).MoveToOuterDisposeScope();
    }
}
