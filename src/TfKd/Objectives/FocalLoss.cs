using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Cross entropy that counts rows the less the surer they are classified rightly.</summary>
/// <remarks>
/// <para>-(1 - p_c)^g log p_c with c the sample's class, a mean over samples. At g = 0 this is <see cref="CrossEntropy"/>.</para>
/// <para>Lin, Goyal, Girshick, He and Dollár, 'Focal Loss for Dense Object Detection', ICCV 2017, equation 4, over softmax instead of
/// sigmoid.</para>
/// </remarks>
/// <example><code>
/// var objective = new FocalLoss { Gamma = 2 };
/// </code></example>
public sealed record FocalLoss : Objective
{
    /// <summary>
    /// The exponent g, 0 or above; default 2, which its authors found best: for detectors, beside a weight of 0.25 for the rare class.
    /// </summary>
    public double Gamma { get; init => field = Require.NotNegative(value); } = 2;

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.HardLabels;

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var loss = Divergences.NegativeLogLikelihood(input.RequireLabels(), Divergences.LogSoftmax(input.Student.Logits));
        // 1 - p_c without cancellation; kept off 0, where the power has no derivative for exponents below 1.
        var miss = loss.neg().expm1().neg().clamp(min: finfo(loss.dtype).tiny);
        return input.MeanOverRows(miss.pow(Gamma) * loss, "focal_loss");
    }
}
