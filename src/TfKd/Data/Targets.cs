using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// What a batch should be classified as: a distribution a row, and the hard labels where they still exist (mixing two images removes them);
/// or, where a sample may have several labels, one number a class, whether it is one of them. Of samples without a label only a teacher
/// knows.
/// </summary>
public sealed class Targets
{
    /// <summary>What stands in the place of the label of a sample that has none.</summary>
    public const int Unlabelled = -1;

    /// <summary>
    /// What stands in the place of the label of a sample that may have several labels, or none of them: which it has is said by
    /// <see cref="SampleExtras.GetLabels"/>.
    /// </summary>
    public const int Several = -2;

    private readonly Tensor? _probabilities;
    private readonly int _classCount;

    private Targets(Tensor? labels, Tensor? probabilities, int classCount, Tensor? rowWeights, double? labelScale = null) =>
        (Labels, _probabilities, _classCount, RowWeights, LabelScale) = (labels, probabilities, classCount, rowWeights, labelScale);

    // Where samples may have several labels: which share of each sample has labels; null where all do.
    private Tensor? _labelledShares;

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
        RequireScale(labelScale);
        using var scope = NewDisposeScope();
        var oneHot = nn.functional.one_hot(labels.clamp(min: 0), classCount).to(ScalarType.Float32);
        var probabilities = oneHot * labels.ge(0).unsqueeze(1);
        return new(null, probabilities.MoveToOuterDisposeScope(), classCount, rowWeights, labelScale);
    }

    /// <summary>Targets of samples that may have several labels.</summary>
    /// <param name="indicators">
    /// [N,K], floating point: 1 where the sample has the label, 0 where it has not, and between them for mixtures.
    /// </param>
    /// <param name="rowWeights">Weights of the rows [N], whose mean over all rows of a run is 1.</param>
    public static Targets FromIndicators(Tensor indicators, Tensor? rowWeights = null)
    {
        ArgumentNullException.ThrowIfNull(indicators);
        return new(null, indicators, checked((int)indicators.shape[1]), rowWeights) { AreSeveral = true };
    }

    /// <summary>Targets of samples that may have several labels, where of some nothing is known.</summary>
    /// <param name="indicators">[N,K], floating point; 0 for samples without labels, and between 0 and their share for mixtures.</param>
    /// <param name="labelledShares">
    /// [N]: 1 for samples whose labels are known, 0 for others, and the share of the first in mixtures.
    /// </param>
    /// <param name="labelScale">As in <see cref="FromPartialLabels"/>.</param>
    /// <param name="rowWeights">Weights of the rows [N], whose mean over all rows of a run is 1.</param>
    public static Targets FromPartialIndicators(
        Tensor indicators, Tensor labelledShares, double labelScale, Tensor? rowWeights = null)
    {
        ArgumentNullException.ThrowIfNull(indicators);
        ArgumentNullException.ThrowIfNull(labelledShares);
        RequireScale(labelScale);
        return new(null, indicators, checked((int)indicators.shape[1]), rowWeights, labelScale)
        {
            AreSeveral = true,
            _labelledShares = labelledShares,
        };
    }

    /// <summary>
    /// Whether a sample may have several labels, or none: <see cref="Probabilities"/> are then one independent number a class, and need not
    /// sum to 1.
    /// </summary>
    public bool AreSeveral { get; private init; }

    /// <summary>
    /// Which share of each sample has labels, [N]: 1 with, 0 without, and between them for mixtures of the two; null where all have.
    /// </summary>
    public Tensor? LabelledShares => LabelScale is null ? null : _labelledShares ?? Probabilities.sum(1);

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
    /// without a label has a row of zeros; mixed with one that has a label, that one's share. Where samples may have several labels
    /// (<see cref="AreSeveral"/>), the probability of each class by itself.
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
        : new(Labels, _probabilities, _classCount, RowWeights, others.LabelScale)
        {
            AreSeveral = AreSeveral,
            _labelledShares = _labelledShares,
        };

    /// <summary>Targets of the same kind whose numbers are mixtures of these.</summary>
    /// <param name="mix">Mixes one number or one row of numbers a sample, [N,1] or [N,K], with that of other samples.</param>
    /// <param name="rowWeights">The weights of the mixtures.</param>
    internal Targets Mixed(Func<Tensor, Tensor> mix, Tensor? rowWeights) => !AreSeveral
        ? FromProbabilities(mix(Probabilities), rowWeights)
        : new(null, mix(Probabilities), _classCount, rowWeights, LabelScale)
        {
            AreSeveral = true,
            _labelledShares = _labelledShares is null ? null : mix(_labelledShares.unsqueeze(1)).squeeze(1),
        };

    /// <summary>How many of a network's answers are right, and of how many: samples, or, where these may have several labels, classes of
    /// samples, each said to be there where its logit is above 0 and meant to be where more than half of the sample has it.</summary>
    /// <param name="logits">[N,K].</param>
    /// <returns>Both numbers, [2] int64, where the logits are.</returns>
    internal Tensor Compare(Tensor logits)
    {
        using var scope = NewDisposeScope();
        if (!AreSeveral)
        {
            var classes = MostProbableClasses;
            return Counts(logits.argmax(1).eq(classes), LabelScale is null ? ones_like(classes) : classes.ge(0));
        }

        var agree = logits.gt(0).eq(Probabilities.gt(0.5));
        if (_labelledShares is null)
            return Counts(agree, ones_like(agree));
        var labelled = _labelledShares.gt(0).unsqueeze(1);
        return Counts(agree.logical_and(labelled), labelled.expand_as(agree));

        static Tensor Counts(Tensor right, Tensor all) =>
            stack([right.sum(ScalarType.Int64), all.sum(ScalarType.Int64)]).MoveToOuterDisposeScope();
    }

    /// <summary>The same targets, handed to the scope outside of this one; see <see cref="ScopedResult.Release"/>.</summary>
    internal Targets Release(DisposeScope scope)
    {
        return new(Released(Labels), Released(_probabilities), _classCount, Released(RowWeights), LabelScale)
        {
            AreSeveral = AreSeveral,
            _labelledShares = Released(_labelledShares),
        };

        Tensor? Released(Tensor? tensor) => tensor is null ? null : scope.Release(tensor);
    }

    private static void RequireScale(double labelScale)
    {
        if (!(labelScale >= 1 && double.IsFinite(labelScale)))
            throw new ArgumentOutOfRangeException(nameof(labelScale), labelScale, $"labelScale must be 1 or above, but is {labelScale}.");
    }
}
