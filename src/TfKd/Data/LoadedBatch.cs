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

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
        Indicators?.Dispose();
        Partners?.Dispose();
    }
}
