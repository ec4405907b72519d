using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Self-distillation without a teacher: soft labels that the network makes for itself, of its target probability and of the ranks of the
/// other classes. The bare term.
/// </summary>
/// <remarks>
/// <para>The published objective is <c>new CrossEntropy() + new TargetFreeSelfKd()</c>. With s the student's softmax, c the sample's class
/// and w the softmax of a linear classifier on the mean over positions of an earlier stage, the term is a L_target + b L_non + m L_weak,
/// each a mean over samples:</para>
/// <para>L_target = -(1 + s_c^2 - mean of s_c^2 over the rows of the batch) log s_c, the factor being a constant. With row weights it
/// is the weighted mean of the batch.</para>
/// <para>L_non = -sum over k other than c of z_k log n_k, with n the softmax of the student's logits without that of c, and z the constant
/// Zipf distribution: 1 / rank, divided by its sum over those classes. What the ranks are of is said by <see cref="Ranking"/>.</para>
/// <para>L_weak = H(q', w), with q' the label smoothed by 0.1 over all classes. It trains the earlier classifier and, through the feature,
/// the student.</para>
/// <para>The earlier classifier belongs to the run: the student's optimiser trains it, checkpoints hold it, the model does not.</para>
/// <para>Yang, Zeng, Li, Zhang, Yuan and Li, 'From Knowledge Distillation to Self-Knowledge Distillation: A Unified Approach with
/// Normalized Loss and Customized Soft Labels', ICCV 2023 (USKD). The defaults are the code's for ImageNet; for CIFAR-100 and ResNet-18 it
/// has 0.1 for each weight.</para>
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy() + new TargetFreeSelfKd();
/// </code></example>
public sealed record TargetFreeSelfKd : Objective
{
    // The code's, and no parameter there.
    private const double WeakSmoothing = 0.1;

    /// <summary>Weight a of the target term, 0 or above; default 1.</summary>
    public double Alpha { get; init => field = Require.NotNegative(value); } = 1;

    /// <summary>Weight b of the term of the other classes, 0 or above; default 0.1.</summary>
    public double Beta { get; init => field = Require.NotNegative(value); } = 0.1;

    /// <summary>Weight m of the earlier classifier's cross entropy, 0 or above; default 0.005.</summary>
    public double Mu { get; init => field = Require.NotNegative(value); } = 0.005;

    /// <summary>
    /// The stage that the earlier classifier looks at, from 0, or from the end where it is below 0; default -2, the last but one.
    /// </summary>
    public int Stage { get; init; } = -2;

    /// <summary>What the other classes are ranked by; default <see cref="TargetFreeSelfKdRanking.Probabilities"/>.</summary>
    public TargetFreeSelfKdRanking Ranking { get; init => field = Require.Defined(value); } = TargetFreeSelfKdRanking.Probabilities;

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.HardLabels | ObjectiveNeeds.StudentFeatures | ObjectiveNeeds.WholeBatch;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The student has no such stage.</exception>
    public override ObjectiveState? CreateState(ObjectiveContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new LinearState(
            FeatureStages.Require(this, nameof(Stage), Stage, context.StudentStages, context).Channels, context.ClassCount);
    }

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var (logits, labels) = (input.Student.Logits, input.RequireLabels());
        var feature = FeatureStages.At(Stage, input.Student.Features);
        var weak = Divergences.LogSoftmax(input.RequireState<LinearState>(this).Map(feature.mean([2, 3])));
        var isTarget = nn.functional.one_hot(labels, logits.shape[1]).to(ScalarType.Bool);
        var logStudent = Divergences.LogSoftmax(logits);

        var ofTarget = Divergences.NegativeLogLikelihood(labels, logStudent);
        var squared = ofTarget.detach().mul(-2).exp();
        var target = input.MeanOverRows((1 + squared - MeanOfBatch(squared, input)) * ofTarget, "target_free_self_kd_target");

        // The class itself counts with 0; its log 0 must not meet that 0 in a product.
        var others = Divergences.LogSoftmax(logits.masked_fill(isTarget, double.NegativeInfinity)).masked_fill(isTarget, 0);
        var nonTarget = input.MeanOverRows(
            Divergences.CrossEntropy(Zipf(logits.detach(), weak.detach(), isTarget), others), "target_free_self_kd_non_target");

        var smoothed = (1 - WeakSmoothing) * Divergences.NegativeLogLikelihood(labels, weak) - WeakSmoothing * weak.mean([1]);
        var weakTerm = input.MeanOverRows(smoothed, "target_free_self_kd_weak");
        return Alpha * target + Beta * nonTarget + Mu * weakTerm;
    }

    // A mean of the batch itself, whose weights need not have the mean 1 that they have over the run: else a factor could be negative.
    private static Tensor MeanOfBatch(Tensor perRow, ObjectiveInput input) =>
        input.SharesOfBatch() is { } shares ? (perRow * shares).sum() : perRow.mean();

    private Tensor Zipf(Tensor logits, Tensor weak, Tensor isTarget)
    {
        using var noGradient = no_grad();
        var order = Score(logits, weak, isTarget).argsort(1, descending: true);
        var byRank = arange(1, logits.shape[1] + 1, logits.dtype, logits.device).reciprocal().expand(logits.shape);
        var shares = zeros_like(logits).scatter(1, order, byRank).masked_fill(isTarget, 0);
        return shares / shares.sum(1, keepdim: true);
    }

    private Tensor Score(Tensor logits, Tensor weak, Tensor isTarget)
    {
        if (Ranking == TargetFreeSelfKdRanking.Probabilities)
        {
            // p_k / (1 - p_c) is the softmax without the class; by subtraction it would be 0 / 0 for a sure answer.
            var sum = OfOthers(weak) + OfOthers(logits);
            return sum.masked_fill(isTarget, double.NegativeInfinity);
        }

        // As it stands in the code, its small number included.
        const double Epsilon = 1e-6;
        var (weakProbability, logStudent) = (weak.exp(), Divergences.LogSoftmax(logits));
        return weakProbability / (1 - OfTarget(weakProbability) + Epsilon) + logStudent / (1 - OfTarget(logStudent) + Epsilon);

        Tensor OfOthers(Tensor scores) => nn.functional.softmax(scores.masked_fill(isTarget, double.NegativeInfinity), 1);

        Tensor OfTarget(Tensor values) => values.masked_fill(isTarget.logical_not(), 0).sum(1, keepdim: true);
    }
}
