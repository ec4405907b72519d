using static TorchSharp.torch;

namespace TfKd;

/// <summary>A batch as it comes from the loader, on the CPU; whoever receives it disposes it.</summary>
/// <param name="Images">[N,C,H,W], uint8.</param>
/// <param name="Labels">[N], int64: what <see cref="IImageSource.GetLabel"/> says.</param>
/// <param name="RowIds">The rows' numbers in the source.</param>
public sealed record LoadedBatch(Tensor Images, Tensor Labels, IReadOnlyList<int> RowIds) : IDisposable
{
    /// <summary>
    /// Where rows may have several labels, 1 for each label of a row and 0 for each other class, [N,K], float32;
    /// <see cref="Labels"/> then says whether a row is labelled at all. Null where each row has one label.
    /// </summary>
    public Tensor? Indicators { get; init; }

    /// <summary>Rows of the batch in all processes of the run; alone those that are here.</summary>
    internal int TotalRows { get => field == 0 ? RowIds.Count : field; init; }

    /// <summary>For each row another one of its class; null unless they were asked for.</summary>
    public LoadedBatch? Partners { get; init; }

    /// <summary>
    /// The rows as they are, which none of the views is whose answers a teacher keeps; the tensors belong to the caller's dispose scope.
    /// </summary>
    /// <param name="device">Where they are wanted.</param>
    /// <param name="classCount">Number of classes K.</param>
    /// <param name="labelScale">What labels count for those that are missing; null where all rows have one.</param>
    /// <param name="trainingRows">Which training rows they are; none for others.</param>
    internal ImageBatch Unaugmented(Device device, int classCount, double? labelScale, IReadOnlyList<int> trainingRows) => new(
        DeviceCopy.To(Images, device), TargetsOn(device, classCount, labelScale), trainingRows, ImageBatch.Unaugmented);

    /// <summary>What the rows should be classified as; the tensors belong to the caller's dispose scope.</summary>
    /// <param name="device">Where it is wanted.</param>
    /// <param name="classCount">Number of classes K.</param>
    /// <param name="labelScale">What labels count for those that are missing; null where all rows have one.</param>
    /// <param name="rowWeights">Weights of the rows [N]; null where all weigh the same.</param>
    internal Targets TargetsOn(Device device, int classCount, double? labelScale, Tensor? rowWeights = null)
    {
        var labels = DeviceCopy.To(Labels, device);
        return (Indicators is { } known ? DeviceCopy.To(known, device) : null, labelScale) switch
        {
            ({ } indicators, { } scale) => Targets.FromPartialIndicators(
                indicators, labels.ne(Targets.Unlabelled).to(indicators.dtype), scale, rowWeights),
            ({ } indicators, null) => Targets.FromIndicators(indicators, rowWeights),
            (null, { } scale) => Targets.FromPartialLabels(labels, classCount, scale, rowWeights),
            _ => Targets.FromLabels(labels, classCount, rowWeights),
        };
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
        Indicators?.Dispose();
        Partners?.Dispose();
    }
}
