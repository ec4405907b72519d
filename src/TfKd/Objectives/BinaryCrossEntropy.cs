using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Fits one yes or no a class to the targets: for samples that may have several labels, or none.</summary>
/// <remarks>
/// <para>1/K sum over k of -(w_k y'(k) log s(k) + (1 - y'(k)) log(1 - s(k))), with s the sigmoid of the student's logits, y the targets,
/// y' = (1 - a) y + a / 2 the smoothed ones, and w_k the weight of a class's positives; a mean over samples. The mean over classes and not
/// their sum: learning rates that suit a cross entropy suit it, too. Targets may be mixtures.</para>
/// <para>The sum of K logistic regressions: Boutell, Luo, Shen and Brown, 'Learning multi-label scene classification', Pattern Recognition
/// 2004 (binary relevance). Torch's <c>BCEWithLogitsLoss</c> with <c>pos_weight</c> has the same value, but for the smoothing.</para>
/// </remarks>
/// <example><code>
/// var objective = new BinaryCrossEntropy { PositiveWeights = [1, 4, 2.5] };
/// </code></example>
public sealed record BinaryCrossEntropy : Objective
{
    /// <summary>
    /// How much the samples that have a label count beside those that have not, above 0, one number a class in their order: the number of
    /// the latter by that of the former makes both count alike, which <see cref="InverseFrequencyWeighting"/> as
    /// <see cref="TrainingPlan.ClassWeighting"/> takes from the training rows. Default null: those of the plan, or 1.
    /// </summary>
    public IReadOnlyList<double>? PositiveWeights
    {
        get;
        init => field = value is null
            ? null
            : new ValueList<double>(value.Select(weight => Require.Positive(weight, nameof(PositiveWeights))));
    }

    /// <summary>How far targets are drawn towards one half, within [0, 1]; default 0: they are not.</summary>
    public double Smoothing { get; init => field = Require.Fraction(value); }

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.None;

    /// <inheritdoc/>
    public override bool TakesUnlabelledSamples => true;

    /// <inheritdoc/>
    public override bool TakesSeveralLabels => true;

    /// <inheritdoc/>
    public override bool TakesOneLabel => false;

    /// <summary>Checks the number of weights; there is no state.</summary>
    /// <exception cref="InvalidOperationException">There are other numbers of <see cref="PositiveWeights"/> and of classes.</exception>
    public override ObjectiveState? CreateState(ObjectiveContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return PositiveWeights is null || PositiveWeights.Count == context.ClassCount
            ? null
            : throw new InvalidOperationException(
                $"{nameof(PositiveWeights)} must have one number a class, {context.ClassCount}, but has {PositiveWeights.Count}.");
    }

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var logits = input.Student.Logits;
        var targets = input.Targets.Probabilities.to(logits.dtype);
        // Where a share of a sample is labelled, both of yes and no have that share in all.
        var whole = input.Targets.LabelledShares is { } shares
            ? shares.unsqueeze(1).to(logits.dtype)
            : ones([1, 1], logits.dtype, logits.device);
        var yes = (1 - Smoothing) * targets + Smoothing / 2 * whole;
        var logarithms = Divergences.LogSoftmax(Divergences.YesAndNo(logits)).view(logits.shape[0], logits.shape[1], 2);
        var positive = logarithms.select(2, 0) * yes;
        if ((PositiveWeights ?? input.PositiveWeights) is { } weights)
            positive = positive * DeviceCopy.Of([.. weights], logits.dtype, logits.device);
        var rows = -(positive + logarithms.select(2, 1) * (whole - yes)).mean([1]);
        return input.MeanOverRows(input.Targets.LabelScale is { } scale ? rows * scale : rows, "binary_cross_entropy");
    }
}
