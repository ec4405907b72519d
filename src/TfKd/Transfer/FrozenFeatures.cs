using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// What a network's frozen stages make of each row of a source, computed once: in training and in every epoch's validation only the rest of
/// the network runs.
/// </summary>
internal sealed class FrozenFeatures : IDisposable
{
    /// <summary>How much memory the features of one source may take.</summary>
    public const long MaxBytes = 1L << 30;

    private readonly Tensor _features;

    private FrozenFeatures(Tensor features) => _features = features;

    /// <summary>Runs the frozen stages over all rows.</summary>
    /// <param name="network">The network, with the path that it computes by.</param>
    /// <param name="source">The rows.</param>
    /// <param name="batchSize">Rows a pass.</param>
    /// <param name="token">Stops between batches.</param>
    /// <param name="maxBytes">The most memory to take.</param>
    /// <param name="orientation">How the images lie; default: as they are.</param>
    /// <returns>Null where the features take more than that.</returns>
    public static FrozenFeatures? Compute(
        ImageNetwork network, IImageSource source, int batchSize, CancellationToken token, long maxBytes = MaxBytes,
        Orientation orientation = default)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var mode = new EvaluationMode(network);
        Tensor? features = null;
        foreach (var batch in new BatchLoader(source, batchSize).ReadInOrder(token))
        {
            using (batch)
            using (NewDisposeScope())
            using (network.PathOf(batch.RowIds.Count).Enter())
            {
                var images = DeviceCopy.To(batch.Images, network.Device);
                var answer = network.Extract(network.Path.Arrange(orientation.Apply(images))).contiguous();
                if (features is null)
                {
                    if (answer.numel() / answer.shape[0] * answer.ElementSize * source.Count > maxBytes)
                        return null;
                    features = empty([source.Count, .. answer.shape[1..]], answer.dtype, answer.device).MoveToOuterDisposeScope();
                }

                var first = batch.RowIds[0];
                features.narrow(0, first, batch.RowIds.Count).copy_(answer);
            }
        }

        return features is null ? null : new FrozenFeatures(features.DetachFromDisposeScope());
    }

    /// <summary>
    /// Runs the rest of the network on the features of some rows, in their order, in the mode and with the gradients that the caller has
    /// set.
    /// </summary>
    public Tensor Classify(ImageNetwork network, IReadOnlyList<int> rows)
    {
        using var scope = NewDisposeScope();
        var features = _features.index_select(0, DeviceCopy.Of(rows.Select(row => (long)row).ToArray(), _features.device));
        // In the layout that the network's kernels were checked in.
        return network.Classify(features.dim() == 4 ? network.Path.Arrange(features) : features).MoveToOuterDisposeScope();
    }

    /// <summary>The features of all rows, in their order; they stay with this object.</summary>
    public Tensor Values => _features;

    public void Dispose() => _features.Dispose();
}
