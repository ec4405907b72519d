using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The negative entropy of the student's answer: added to a <see cref="CrossEntropy"/>, it keeps answers from being too sure.
/// </summary>
/// <remarks>
/// <para>-H(p) = sum over k of p(k) log p(k), a mean over samples: the bare term. The published objective is CrossEntropy + b
/// ConfidencePenalty. There is no weight b for all tasks: 0.1 is a start, to be tuned on a validation set.</para>
/// <para>Pereyra, Tucker, Chorowski, Kaiser and Hinton, 'Regularizing Neural Networks by Penalizing Confident Output Distributions', ICLR
/// 2017 workshop.</para>
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy() + 0.1 * new ConfidencePenalty();
/// </code></example>
public sealed record ConfidencePenalty : Objective
{
    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.None;

    /// <inheritdoc/>
    public override bool TakesUnlabelledSamples => true;

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var logProbabilities = Divergences.LogSoftmax(input.Student.Logits);
        var rows = Divergences.CrossEntropy(logProbabilities.exp(), logProbabilities).neg();
        return input.MeanOverRows(rows, "confidence_penalty");
    }
}
