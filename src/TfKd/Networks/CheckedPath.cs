namespace TfKd;

/// <summary>How a network computes, and the batches that this was found right for.</summary>
/// <param name="Path">The layout and kernels.</param>
/// <param name="Shape">Shape of the images.</param>
/// <param name="BatchSizes">Sizes of the batches.</param>
internal sealed record CheckedPath(ComputePath Path, ImageShape Shape, IReadOnlyCollection<int> BatchSizes)
{
    /// <summary>Whether all of these batches were checked.</summary>
    public bool Covers(ImageShape shape, IEnumerable<int> batchSizes) => shape == Shape && batchSizes.All(BatchSizes.Contains);
}
