using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Cross entropy with targets that leave some probability to every class, so that the student does not grow overconfident.
/// </summary>
/// <remarks>
/// <para>H(q', p), a mean over samples. Uniform: q' = (1 - s) q + s / K. OffTarget: q' = (1 - s) q + s (1 - q) / (K - 1), which for a label
/// is 1 - s on its class and s / (K - 1) on each other. Both are linear in q, so mixtures are smoothed as their parts are.</para>
/// <para>Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, 'Rethinking the Inception Architecture for Computer Vision', CVPR 2016; equation 1 of
/// Yuan et al., 'Revisiting Knowledge Distillation via Label Smoothing Regularization', CVPR 2020, whose code uses OffTarget and fixes s at
/// 0.1.</para>
/// </remarks>
/// <example><code>
/// var objective = new LabelSmoothing { Smoothing = 0.1 };
/// </code></example>
public sealed record LabelSmoothing : Objective
{
    /// <summary>Probability s taken from the target, within [0, 1]; default 0.1. At 0 this is <see cref="CrossEntropy"/>.</summary>
    public double Smoothing { get; init => field = Require.Fraction(value); } = 0.1;

    /// <summary>Which classes share it; default <see cref="SmoothingConvention.Uniform"/>.</summary>
    public SmoothingConvention Convention { get; init => field = Require.Defined(value); } = SmoothingConvention.Uniform;

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.None;

    /// <inheritdoc/>
    public override bool TakesUnlabelledSamples => true;

    // OffTarget: (1 - s) q + s (1 - q) / (K - 1) is s K / (K - 1) of the uniform distribution and the rest of q.
    internal override SmoothedLabel? AsSmoothedLabel(int classCount) =>
        new(1, Convention == SmoothingConvention.Uniform ? Smoothing : Smoothing * classCount / (classCount - 1));

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var classCount = input.Student.Logits.shape[1];
        var logProbabilities = Divergences.LogSoftmax(input.Student.Logits);
        // Both conventions are a weight on the target's cross entropy and another on the sum over all classes.
        var onAll = Convention == SmoothingConvention.Uniform ? Smoothing / classCount : Smoothing / (classCount - 1);
        var onTarget = Convention == SmoothingConvention.Uniform ? 1 - Smoothing : 1 - Smoothing - onAll;
        var rows = onTarget * input.CrossEntropyOfTargets(logProbabilities) - onAll * input.OfLabelled(logProbabilities.sum(1));
        return input.MeanOverRows(rows, "smoothed_cross_entropy");
    }
}
