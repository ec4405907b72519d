using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// What a batch should be classified as: a distribution a row, and the hard labels where they still exist (mixing two images removes them).
/// </summary>
public sealed class Targets
{
    private readonly Tensor? _probabilities;
    private readonly int _classCount;

    private Targets(Tensor? labels, Tensor? probabilities, int classCount, Tensor? rowWeights) =>
        (Labels, _probabilities, _classCount, RowWeights) = (labels, probabilities, classCount, rowWeights);

    /// <summary>Targets of hard labels.</summary>
    /// <param name="labels">Class indices [N], int64.</param>
    /// <param name="classCount">Number of classes K.</param>
    /// <param name="rowWeights">Weights of the rows [N], whose mean over all rows of a run is 1.</param>
    public static Targets FromLabels(Tensor labels, int classCount, Tensor? rowWeights = null) => new(labels, null, classCount, rowWeights);

    /// <summary>Targets of distributions, without hard labels.</summary>
    /// <param name="probabilities">Probabilities [N,K]; each row sums to 1.</param>
    /// <param name="rowWeights">Weights of the rows [N], whose mean over all rows of a run is 1.</param>
    public static Targets FromProbabilities(Tensor probabilities, Tensor? rowWeights = null)
    {
        ArgumentNullException.ThrowIfNull(probabilities);
        return new(null, probabilities, checked((int)probabilities.shape[1]), rowWeights);
    }

    /// <summary>Class indices [N], int64; null where the targets are mixtures.</summary>
    public Tensor? Labels { get; }

    /// <summary>Weights of the rows [N], whose mean over all rows of a run is 1; null where all weigh the same.</summary>
    public Tensor? RowWeights { get; }

    /// <summary>
    /// The distribution of each row, [N,K], float32 unless the targets were made with another type; for hard labels one-hot.
    /// </summary>
    // One-hot rows are made each time: kept, they would belong to the dispose scope of whoever asked first.
    public Tensor Probabilities => _probabilities ?? nn.functional.one_hot(Labels!, _classCount).to(ScalarType.Float32);

    /// <summary>Number of classes K.</summary>
    internal int ClassCount => _classCount;

    /// <summary>How many samples there are.</summary>
    internal long Count => (Labels ?? _probabilities!).shape[0];

    /// <summary>The most probable class of each row, [N], int64; for hard labels the labels.</summary>
    internal Tensor MostProbableClasses => Labels ?? _probabilities!.argmax(1);

    /// <summary>The same targets, handed to the scope outside of this one; see <see cref="ScopedResult.Release"/>.</summary>
    internal Targets Release(DisposeScope scope)
    {
        return new(Released(Labels), Released(_probabilities), _classCount, Released(RowWeights));

        Tensor? Released(Tensor? tensor) => tensor is null ? null : scope.Release(tensor);
    }
}
