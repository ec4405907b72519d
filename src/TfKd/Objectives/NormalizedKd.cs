using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// NKD: cross entropy with the sample's class as far as the teacher believes in it, and with the teacher's answer among the other classes.
/// </summary>
/// <remarks>
/// <para>-t_c log s_c - g T^2 sum over k other than c of N(t)(k) log N(s)(k), a mean over samples; s and t are the student's and the
/// teacher's softmax, c the sample's class, N the softmax over the other classes alone of logits divided by T. The first term is not
/// softened. Cross entropies, not divergences: at equality the value is not 0. The bare term: the published objective is CrossEntropy +
/// NormalizedKd.</para>
/// <para>Yang, Zeng, Li, Zhang, Yuan and Li, 'From Knowledge Distillation to Self-Knowledge Distillation: A Unified Approach with
/// Normalized Loss and Customized Soft Labels', ICCV 2023; the authors' code computes the same. For a mixture of classes it takes the
/// largest one; here mixtures are refused.</para>
/// <para>Finite where the teacher's probability of a sample's class is 0 (the first term vanishes) or 1 (it is the cross entropy; where the
/// other logits are equal, or minus infinity, the second asks for others that are alike).</para>
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy() + new NormalizedKd { Gamma = 1.5 };
/// </code></example>
public sealed record NormalizedKd : Objective
{
    /// <summary>
    /// Weight g of the other classes' term, 0 or above; default 1.5 with temperature 1, the authors' for ImageNet. For CIFAR-100 they take
    /// 3.5 with 3.
    /// </summary>
    public double Gamma { get; init => field = Require.NotNegative(value); } = 1.5;

    /// <summary>Temperature T of the other classes' softmaxes, above 0; default 1.</summary>
    public double Temperature { get; init => field = Require.Positive(value); } = 1;

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.Teacher | ObjectiveNeeds.HardLabels;

    /// <inheritdoc/>
    public override double TeacherTemperature => Temperature;

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var labels = input.RequireLabels();
        var (student, teacher) = (input.Student.Logits, input.RequireTeacher().Logits);
        var belief = Divergences.NegativeLogLikelihood(labels, Divergences.LogSoftmax(teacher)).neg().exp().detach();
        var targetRows = belief * Divergences.NegativeLogLikelihood(labels, Divergences.LogSoftmax(student));
        var otherRows = Divergences.CrossEntropy(
            OtherClasses.LogSoftmax(OtherClasses.Of(teacher, labels), Temperature).exp().detach(),
            OtherClasses.LogSoftmax(OtherClasses.Of(student, labels), Temperature));
        var target = input.MeanOverRows(targetRows, "target_class_kd");
        var other = input.MeanOverRows(otherRows, "non_target_class_kd");
        return target + Gamma * Temperature * Temperature * other;
    }
}
