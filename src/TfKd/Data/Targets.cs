using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// What a batch should be classified as: a distribution a row, and the hard labels where they still exist (mixing two images removes them).
/// Of samples without a label only a teacher knows.
/// </summary>
public sealed class Targets
{
    /// <summary>What stands in the place of the label of a sample that has none.</summary>
    public const int Unlabelled = -1;

    private readonly Tensor? _probabilities;
    private readonly int _classCount;

    private Targets(Tensor? labels, Tensor? probabilities, int classCount, Tensor? rowWeights, double? labelScale = null) =>
        (Labels, _probabilities, _classCount, RowWeights, LabelScale) = (labels, probabilities, classCount, rowWeights, labelScale);

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

    /// <summary>
    /// Targets of hard labels where samples are without one: these have no distribution, but a row of zeros, so that a cross entropy with
    /// it is 0.
    /// </summary>
    /// <param name="labels">Class indices [N], int64, or <see cref="Unlabelled"/>.</param>
    /// <param name="classCount">Number of classes K.</param>
    /// <param name="labelScale">
    /// How much more each label counts for those that are missing: all samples of the run by those with a label, 1 or above. With it a mean
    /// over all samples of what is 0 for those without a label is, over the run, the mean over those with one.
    /// </param>
    /// <param name="rowWeights">Weights of the rows [N], whose mean over all rows of a run is 1.</param>
    public static Targets FromPartialLabels(Tensor labels, int classCount, double labelScale, Tensor? rowWeights = null)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (!(labelScale >= 1 && double.IsFinite(labelScale)))
            throw new ArgumentOutOfRangeException(nameof(labelScale), labelScale, $"labelScale must be 1 or above, but is {labelScale}.");
        using var scope = NewDisposeScope();
        var oneHot = nn.functional.one_hot(labels.clamp(min: 0), classCount).to(ScalarType.Float32);
        var probabilities = oneHot * labels.ge(0).unsqueeze(1);
        return new(null, probabilities.MoveToOuterDisposeScope(), classCount, rowWeights, labelScale);
    }

    /// <summary>Class indices [N], int64; null where the targets are mixtures, or samples are without a label.</summary>
    public Tensor? Labels { get; }

    /// <summary>Weights of the rows [N], whose mean over all rows of a run is 1; null where all weigh the same.</summary>
    public Tensor? RowWeights { get; }

    /// <summary>
    /// How much more each label counts for those that are missing, see <see cref="FromPartialLabels"/>; null where all samples of the run
    /// have one.
    /// </summary>
    public double? LabelScale { get; }

    /// <summary>
    /// The distribution of each row, [N,K], float32 unless the targets were made with another type; for hard labels one-hot. A sample
    /// without a label has a row of zeros; mixed with one that has a label, that one's share.
    /// </summary>
    // One-hot rows are made each time: kept, they would belong to the dispose scope of whoever asked first.
    public Tensor Probabilities => _probabilities ?? nn.functional.one_hot(Labels!, _classCount).to(ScalarType.Float32);

    /// <summary>Number of classes K.</summary>
    internal int ClassCount => _classCount;

    /// <summary>How many samples there are.</summary>
    internal long Count => (Labels ?? _probabilities!).shape[0];

    /// <summary>
    /// The most probable class of each row, [N], int64; for hard labels the labels, for samples without any <see cref="Unlabelled"/>.
    /// </summary>
    internal Tensor MostProbableClasses
    {
        get
        {
            if (Labels is not null)
                return Labels;
            var classes = _probabilities!.argmax(1);
            return LabelScale is null ? classes : where(_probabilities.sum(1).eq(0), full_like(classes, Unlabelled), classes);
        }
    }

    /// <summary>The same targets with the scale of others, which a mixing knows nothing of.</summary>
    internal Targets WithScaleOf(Targets others) => others.LabelScale == LabelScale
        ? this
        : new(Labels, _probabilities, _classCount, RowWeights, others.LabelScale);

    /// <summary>The same targets, handed to the scope outside of this one; see <see cref="ScopedResult.Release"/>.</summary>
    internal Targets Release(DisposeScope scope)
    {
        return new(Released(Labels), Released(_probabilities), _classCount, Released(RowWeights), LabelScale);

        Tensor? Released(Tensor? tensor) => tensor is null ? null : scope.Release(tensor);
    }
}
