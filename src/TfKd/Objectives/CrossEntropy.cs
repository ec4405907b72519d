using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Fits the student to the targets alone: the baseline of every comparison.</summary>
/// <remarks>
/// H(q, p) = -sum over k of q(k) log p(k), with q the target and p the student's softmax; a mean over samples. Targets may be labels or
/// mixtures.
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy();
/// </code></example>
public sealed record CrossEntropy : Objective
{
    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.None;

    /// <inheritdoc/>
    public override bool TakesUnlabelledSamples => true;

    internal override SmoothedLabel? AsSmoothedLabel(int classCount) => new(1, 0);

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var rows = input.CrossEntropyOfTargets(Divergences.LogSoftmax(input.Student.Logits));
        return input.MeanOverRows(rows, "cross_entropy");
    }
}
