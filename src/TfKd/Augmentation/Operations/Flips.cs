using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Mirrors some of the images.</summary>
internal static class Flips
{
    /// <param name="images">[N,C,H,W].</param>
    /// <param name="random">Draws once.</param>
    /// <param name="probability">That an image is mirrored.</param>
    /// <param name="dimension">2: upside down; 3: left for right.</param>
    public static Tensor Apply(Tensor images, RowRandom random, double probability, long dimension)
    {
        var isFlipped = DeviceCopy.Of(
            Array.ConvertAll(random.NextDoubles(), value => value < probability), images.device).view(-1, 1, 1, 1);
        return where(isFlipped, images.flip(dimension), images);
    }
}
