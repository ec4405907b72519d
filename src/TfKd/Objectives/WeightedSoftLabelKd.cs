using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// WSLD: cross entropy with the teacher's softened answer, where a row counts the less the better the student does on it than the teacher.
/// </summary>
/// <remarks>
/// <para>T^2 w H(p^t_T, p_T), a mean over samples, with w = 1 - exp(-L_s / (L_t + 1e-7)), L_s and L_t the student's and the teacher's cross
/// entropy with the sample's class at temperature 1. A cross entropy, not a divergence. The bare term: the published objective is
/// CrossEntropy + 2.5 WeightedSoftLabelKd.</para>
/// <para>Zhou, Song, Chen, Zhou, Wang, Yuan and Zhang, 'Rethinking Soft Labels for Knowledge Distillation: A Bias-Variance Tradeoff
/// Perspective', ICLR 2021. As in the authors' code the weight is a constant: no gradient flows through it, which the formula alone does
/// not say, and 1e-7 is added.</para>
/// <para>Finite where the teacher's probability of a sample's class is 0 (L_t is infinite and the row does not count) or 1 (L_t is 0 and
/// the row counts fully, unless L_s is far below 1e-7 as well).</para>
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy() + 2.5 * new WeightedSoftLabelKd();
/// </code></example>
public sealed record WeightedSoftLabelKd : Objective
{
    /// <summary>Temperature T of the cross entropy's softmaxes, above 0; default 2.</summary>
    public double Temperature { get; init => field = Require.Positive(value); } = 2;

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.Teacher | ObjectiveNeeds.HardLabels;

    /// <inheritdoc/>
    public override double TeacherTemperature => Temperature;

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var labels = input.RequireLabels();
        var (student, teacher) = (input.Student.Logits, input.RequireTeacher().Logits);
        var studentLoss = Divergences.NegativeLogLikelihood(labels, Divergences.LogSoftmax(student)).detach();
        var teacherLoss = Divergences.NegativeLogLikelihood(labels, Divergences.LogSoftmax(teacher)).detach();
        var weights = (studentLoss / (teacherLoss + 1e-7)).neg().expm1().neg();
        var rows = weights * Divergences.CrossEntropy(
            Divergences.LogSoftmax(teacher, Temperature).exp().detach(),
            Divergences.LogSoftmax(student, Temperature));
        return Temperature * Temperature * input.MeanOverRows(rows, "weighted_soft_label_kd");
    }
}
