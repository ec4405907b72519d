using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Asks for a probability of the sample's class of at least 1 - a, and for nothing more: label smoothing's target as a set instead of a
/// point.
/// </summary>
/// <remarks>
/// <para>0 where p_c is 1 - a or more, else (1 - a) log((1 - a) / p_c) + a log(a / (1 - p_c)) with c the sample's class; a mean over
/// rows.</para>
/// <para>Lienen and Hüllermeier, 'From Label Smoothing to Label Relaxation', AAAI 2021.</para>
/// </remarks>
/// <example><code>
/// var objective = new LabelRelaxation { Alpha = 0.1 };
/// </code></example>
public sealed record LabelRelaxation : Objective
{
    /// <summary>Probability a that the other classes may share, above 0 and below 1; default 0.1.</summary>
    public double Alpha { get; init => field = Require.OpenFraction(value); } = 0.1;

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.HardLabels;

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var loss = Divergences.NegativeLogLikelihood(input.RequireLabels(), Divergences.LogSoftmax(input.Student.Logits));
        // log(1 - p_c) without cancellation; finite also where it does not count, since a gradient of 0 times infinity is no number.
        var logMiss = loss.neg().expm1().neg().clamp(min: finfo(loss.dtype).tiny).log();
        var divergence = (1 - Alpha) * (Math.Log(1 - Alpha) + loss) + Alpha * (Math.Log(Alpha) - logMiss);
        var isInside = loss.le(-Math.Log(1 - Alpha));
        return input.MeanOverRows(where(isInside, zeros_like(loss), divergence), "label_relaxation");
    }
}
