using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Turns each image about its centre by a random angle; what comes in from outside is black.</summary>
/// <remarks>Nearest pixel and black corners are torchvision's defaults, with which the Tf-KD authors' code ran.</remarks>
public sealed record Rotation : Augmentation
{
    /// <summary>Largest angle either way, in degrees, 0 or more; default 15.</summary>
    public double Degrees { get; init => field = Require.NotNegative(value); } = 15;

    /// <summary>How pixels are read; default <see cref="RotationSampling.Nearest"/>.</summary>
    public RotationSampling Sampling { get; init => field = Require.Defined(value); } = RotationSampling.Nearest;

    /// <inheritdoc/>
    public override Tensor Apply(Tensor images, RowRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Require.Images(images, random.Count);
        using var scope = NewDisposeScope();
        var floating = images.is_floating_point() ? images : images.to(ScalarType.Float32);
        var mode = Sampling == RotationSampling.Nearest ? GridSampleMode.Nearest : GridSampleMode.Bilinear;
        var turned = nn.functional.grid_sample(floating, Grid(floating, random), mode, GridSamplePaddingMode.Zeros, align_corners: false);
        if (images.is_floating_point())
            return turned.MoveToOuterDisposeScope();
        return turned.round_().to(images.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Where each pixel comes from, [N,H,W,2] as (x, y) from -1 to 1. Not by affine_grid: that is a matrix product, whose rounding may depend on the
    /// batch's size, and a row's view may not.
    /// </summary>
    private Tensor Grid(Tensor images, RowRandom random)
    {
        var (height, width) = (images.shape[2], images.shape[3]);
        var radians = Array.ConvertAll(random.NextDoubles(-Degrees, Degrees), angle => angle * Math.PI / 180);
        var cos = PerRow(images, radians, Math.Cos);
        // The unit of x is half the width, that of y half the height.
        var sinX = PerRow(images, radians, angle => Math.Sin(angle) * height / width);
        var sinY = PerRow(images, radians, angle => Math.Sin(angle) * width / height);
        var x = Centres(images, width).view(1, 1, -1);
        var y = Centres(images, height).view(1, -1, 1);
        return stack([cos * x - sinX * y, sinY * x + cos * y], 3);
    }

    private static Tensor PerRow(Tensor images, double[] radians, Converter<double, double> function) =>
        tensor(Array.ConvertAll(radians, function), images.dtype, images.device).view(-1, 1, 1);

    /// <summary>The pixels' centres along one dimension, from -1 at the image's one edge to 1 at the other.</summary>
    private static Tensor Centres(Tensor images, long count) =>
        tensor([.. Enumerable.Range(0, (int)count).Select(i => (2 * i + 1.0) / count - 1)], images.dtype, images.device);
}
