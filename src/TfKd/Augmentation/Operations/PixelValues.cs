using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Pixels as numbers to compute with, and back; and sums that are the same for a row in every batch.</summary>
internal static class PixelValues
{
    // Steps of a pixel value in which means are taken.
    private const double Steps = 1 << 16;

    /// <summary>Floating-point images as they are, bytes as float32.</summary>
    public static Tensor Floating(Tensor images) => images.is_floating_point() ? images : images.to(ScalarType.Float32);

    /// <summary>Brings computed pixels back to the type of the images that they are of; bytes are rounded.</summary>
    public static Tensor Restore(Tensor floating, Tensor images) =>
        images.is_floating_point() ? floating : floating.round().to(images.dtype);

    /// <summary>Computed pixels as they are between two operations: where the images are bytes, rounded to bytes.</summary>
    public static Tensor Rounded(Tensor floating, Tensor images) => Floating(Restore(floating, images));

    /// <summary>One number a row, to be multiplied with images [N,C,H,W].</summary>
    public static Tensor PerRow(double[] values, Tensor images) => DeviceCopy.Of(values, images.dtype, images.device).view(-1, 1, 1, 1);

    /// <summary>
    /// The mean over some dimensions, which are kept with a length of 1. Sums of whole numbers: those of fractions are rounded in an order
    /// that depends on the batch's size, and a row's view may not.
    /// </summary>
    public static Tensor Mean(Tensor images, params long[] dimensions)
    {
        var count = dimensions.Aggregate(1L, (product, dimension) => product * images.shape[dimension]);
        var sums = (images.to(ScalarType.Float64) * Steps).round().to(ScalarType.Int64).sum(dimensions, keepdim: true);
        return (sums.to(ScalarType.Float64) / (Steps * count)).to(images.dtype);
    }

    /// <summary>Applies to each row the operation that is chosen for it; the rows of one operation at once.</summary>
    /// <param name="images">[N,C,H,W], floating point.</param>
    /// <param name="choices">The number of each row's operation, below <paramref name="count"/>.</param>
    /// <param name="count">How many operations there are.</param>
    /// <param name="operation">Takes the operation, the images of its rows, and their numbers in the batch; returns as many images.</param>
    /// <returns>A fresh tensor.</returns>
    public static Tensor ForEachChoice(Tensor images, int[] choices, int count, Func<int, Tensor, int[], Tensor> operation)
    {
        var result = images.clone();
        for (var choice = 0; choice < count; choice++)
        {
            int[] rows = [.. Enumerable.Range(0, choices.Length).Where(row => choices[row] == choice)];
            if (rows.Length == 0)
                continue;
            using var scope = NewDisposeScope();
            var index = DeviceCopy.Of(Array.ConvertAll(rows, row => (long)row), images.device);
            result.index_copy_(0, index, operation(choice, images.index_select(0, index), rows));
        }

        return result;
    }
}
