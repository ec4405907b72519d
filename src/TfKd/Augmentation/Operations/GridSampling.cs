using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Reads images between their pixels, each row at places of its own; black beyond the border. What comes out does not depend on the batch a
/// row is in.
/// </summary>
internal static class GridSampling
{
    /// <summary>Reads each image through its map.</summary>
    /// <param name="images">[N,C,H,W], uint8 or floating point.</param>
    /// <param name="maps">One a row.</param>
    /// <param name="sampling">How a pixel is read between pixels.</param>
    /// <returns>A fresh tensor of the same shape and type.</returns>
    public static Tensor Apply(Tensor images, AffineMap[] maps, RotationSampling sampling)
    {
        using var scope = NewDisposeScope();
        var floating = PixelValues.Floating(images);
        var turned = Sample(floating, Grid(floating, maps), sampling);
        return PixelValues.Restore(turned, images).MoveToOuterDisposeScope();
    }

    /// <summary>Reads each image at the crossings of its lines and columns.</summary>
    /// <param name="images">[N,C,H,W], uint8 or floating point.</param>
    /// <param name="columns">
    /// The x of each column of the result, in pixels from the centre of the image's first pixel: N times W numbers.
    /// </param>
    /// <param name="lines">The y of each line, likewise: N times H numbers.</param>
    /// <returns>A fresh tensor of the same shape and type, read bilinearly.</returns>
    public static Tensor Apply(Tensor images, double[] columns, double[] lines)
    {
        using var scope = NewDisposeScope();
        var floating = PixelValues.Floating(images);
        var (height, width) = (images.shape[2], images.shape[3]);
        var x = Send(Array.ConvertAll(columns, value => Scaled(value, width))).view(-1, 1, width);
        var y = Send(Array.ConvertAll(lines, value => Scaled(value, height))).view(-1, height, 1);
        var grid = stack([x.expand(-1, height, -1), y.expand(-1, -1, width)], 3);
        return PixelValues.Restore(Sample(floating, grid, RotationSampling.Bilinear), images).MoveToOuterDisposeScope();

        Tensor Send(double[] values) => DeviceCopy.Of(values, floating.dtype, images.device);
    }

    private static Tensor Sample(Tensor floating, Tensor grid, RotationSampling sampling)
    {
        var mode = sampling == RotationSampling.Nearest ? GridSampleMode.Nearest : GridSampleMode.Bilinear;
        return nn.functional.grid_sample(floating, grid, mode, GridSamplePaddingMode.Zeros, align_corners: false);
    }

    /// <summary>
    /// Where each pixel comes from, [N,H,W,2] as (x, y) from -1 to 1. Not by affine_grid: that is a matrix product, whose rounding may
    /// depend on the batch's size, and a row's view may not.
    /// </summary>
    private static Tensor Grid(Tensor images, AffineMap[] maps)
    {
        var (height, width) = (images.shape[2], images.shape[3]);
        var x = Centres(images, width).view(1, 1, -1);
        var y = Centres(images, height).view(1, -1, 1);
        // The unit of x is half the width, that of y half the height.
        var ofX = PerRow(map => map.Xx) * x + PerRow(map => map.Xy * height / width) * y;
        var ofY = PerRow(map => map.Yx * width / height) * x + PerRow(map => map.Yy) * y;
        return stack([ofX + PerRow(map => 2 * map.X0 / width), ofY + PerRow(map => 2 * map.Y0 / height)], 3);

        Tensor PerRow(Converter<AffineMap, double> part) =>
            DeviceCopy.Of(Array.ConvertAll(maps, part), images.dtype, images.device).view(-1, 1, 1);
    }

    /// <summary>The pixels' centres along one dimension, from -1 at the image's one edge to 1 at the other.</summary>
    private static Tensor Centres(Tensor images, long count) =>
        DeviceCopy.Of([.. Enumerable.Range(0, (int)count).Select(i => Scaled(i, count))], images.dtype, images.device);

    private static double Scaled(double pixel, long count) => (2 * pixel + 1.0) / count - 1;
}
