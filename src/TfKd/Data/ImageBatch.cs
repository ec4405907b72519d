using static TorchSharp.torch;

namespace TfKd;

/// <summary>One batch, on the device, as student and teacher see it.</summary>
/// <param name="Images">[N,C,H,W], values 0 to 255, uint8 or floating point: networks normalise by themselves.</param>
/// <param name="Targets">What the rows should be classified as.</param>
/// <param name="RowIds">
/// The numbers of the training rows that the images are of, one an image, so that a cached teacher finds them again; of mixed images the
/// row that an image was before. Empty for images that are no training rows: nothing is looked up or kept for them.
/// </param>
/// <param name="View">
/// Which augmented view of the rows this is, from 0; <see cref="Unaugmented"/> for the rows as they are, of which no answer is kept.
/// </param>
public sealed record ImageBatch(Tensor Images, Targets Targets, IReadOnlyList<int> RowIds, int View)
{
    /// <summary>The rows as they are, which is none of the views.</summary>
    public const int Unaugmented = -1;
}
