namespace TfKd;

/// <summary>How a network computes, and the batches that this was found right for.</summary>
/// <param name="Path">The layout and kernels.</param>
/// <param name="Shape">Shape of the images.</param>
/// <param name="BatchSizes">Sizes of the batches.</param>
internal sealed record CheckedPath(ComputePath Path, ImageShape Shape, IReadOnlyCollection<int> BatchSizes)
{
    private readonly IReadOnlyDictionary<int, ComputePath> _smallerBatches = new Dictionary<int, ComputePath>();

    /// <summary>What a check has found.</summary>
    public CheckedPath(KernelCheckResult check, ImageShape shape, IReadOnlyCollection<int> batchSizes)
        : this(check.Path, shape, batchSizes) => _smallerBatches = check.SmallerBatches;

    /// <summary>The path for batches of a size; all have the layout of <see cref="Path"/>.</summary>
    public ComputePath Of(int batchSize) => _smallerBatches.GetValueOrDefault(batchSize, Path);

    /// <summary>Whether all of these batches were checked.</summary>
    public bool Covers(ImageShape shape, IEnumerable<int> batchSizes) => shape == Shape && batchSizes.All(BatchSizes.Contains);

    /// <inheritdoc/>
    public override string ToString() => string.Concat(
        _smallerBatches.OrderBy(smaller => smaller.Key).Select(smaller => $", batch {smaller.Key} {smaller.Value}").Prepend($"{Path}"));
}
