using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Cross entropy with the first term of its expansion in 1 - p_c weighted anew.</summary>
/// <remarks>
/// <para>-log p_c + e (1 - p_c) with c the sample's class, a mean over samples. At e = 0 this is <see cref="CrossEntropy"/>.</para>
/// <para>Leng, Tan, Liu, Cubuk, Shi, Cheng and Anguelov, 'PolyLoss: A Polynomial Expansion Perspective of Classification Loss Functions',
/// ICLR 2022: Poly-1.</para>
/// </remarks>
/// <example><code>
/// var objective = new PolyLoss { Epsilon = 1 };
/// </code></example>
public sealed record PolyLoss : Objective
{
    /// <summary>The weight e, of either sign; default 1.</summary>
    public double Epsilon { get; init => field = Require.Finite(value); } = 1;

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.HardLabels;

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var loss = Divergences.NegativeLogLikelihood(input.RequireLabels(), Divergences.LogSoftmax(input.Student.Logits));
        return input.MeanOverRows(loss - Epsilon * loss.neg().expm1(), "poly_loss");
    }
}
