using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Asks for like answers to images of one class: the student is taught by what it says of another image of the sample's class.
/// </summary>
/// <remarks>
/// <para>H(q, p(x)) + w T^2 KL(p_T(x') || p_T(x)), each a mean over samples, with x' another training row of x's class, drawn anew in each
/// epoch; p_T(x') is a constant. The other image is augmented as its own row is, and costs one forward pass more; a row that is alone in
/// its class is its own partner.</para>
/// <para>Yun, Park, Lee and Shin, 'Regularizing Class-Wise Predictions via Self-Knowledge Distillation', CVPR 2020 (CS-KD); the factor T^2
/// and the division by rows are those of the authors' code.</para>
/// </remarks>
/// <example><code>
/// var objective = new ClassWiseSelfKd { Temperature = 4 };
/// </code></example>
public sealed record ClassWiseSelfKd : Objective
{
    /// <summary>Temperature T of both softmaxes in the second term, above 0; default 4, the paper's.</summary>
    public double Temperature { get; init => field = Require.Positive(value); } = 4;

    /// <summary>Weight w of the second term, 0 or above; default 1. The paper also uses 3, for fine-grained classes.</summary>
    public double Weight { get; init => field = Require.NotNegative(value); } = 1;

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.HardLabels | ObjectiveNeeds.ClassPartners;

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var (student, labels) = (input.Student.Logits, input.RequireLabels());
        var crossEntropy = input.MeanOverRows(Divergences.NegativeLogLikelihood(labels, Divergences.LogSoftmax(student)), "cross_entropy");
        var rows = Divergences.SoftenedKl(input.RequirePartnerLogits(), student, Temperature);
        var divergence = input.MeanOverRows(rows, "class_wise_kl");
        return crossEntropy + Weight * Temperature * Temperature * divergence;
    }
}
