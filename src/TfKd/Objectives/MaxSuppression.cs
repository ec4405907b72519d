using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// How far the largest logit stands above their mean: added to a <see cref="CrossEntropy"/>, it restrains the winner, right or wrong.
/// </summary>
/// <remarks>
/// <para>max(z) - mean(z), a mean over samples: the bare term. The published objective is CrossEntropy + w MaxSuppression; the authors'
/// code raises w linearly from 0.1 to 0.2, which <see cref="Ramped"/> does. Label smoothing restrains the logit of the target instead, also
/// where it is not the largest.</para>
/// <para>MaxSup, NeurIPS 2025.</para>
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy() + new Ramped { Inner = new MaxSuppression(), From = 0.1, To = 0.2 };
/// </code></example>
public sealed record MaxSuppression : Objective
{
    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.None;

    /// <inheritdoc/>
    public override bool TakesUnlabelledSamples => true;

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var rows = input.Student.Logits.amax([1]) - input.Student.Logits.mean([1]);
        return input.MeanOverRows(rows, "max_suppression");
    }
}
