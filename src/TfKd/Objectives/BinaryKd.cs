using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The divergence of the student's yes or no a class from the teacher's: distillation for samples that may have several labels. To be added
/// to a <see cref="BinaryCrossEntropy"/>.
/// </summary>
/// <remarks>
/// <para>T^2 / K sum over k of KL(B(s_T(t_k)) || B(s_T(z_k))), with B(p) the distribution of yes (p) and no (1 - p), s_T(z) = sigmoid(z /
/// T), t the teacher's logits and z the student's; a mean over samples. A softmax over the classes would make one label less likely where
/// the teacher is surer of another, which says nothing of samples that have both.</para>
/// <para>The one-versus-all reduction and the divergence of Yang, Xie, Zong, Feng, Niu, Sugiyama and Huang, 'Multi-Label Knowledge
/// Distillation', ICCV 2023 (MLD), whose code sums over classes at T = 1; here it is their mean, as of <see cref="BinaryCrossEntropy"/>,
/// with Hinton's temperature. Their distillation of label-wise embeddings is no part of it.</para>
/// </remarks>
/// <example><code>
/// var objective = new BinaryCrossEntropy() + 2 * new BinaryKd { Temperature = 2 };
/// </code></example>
public sealed record BinaryKd : Objective
{
    /// <summary>Temperature T of both sigmoids, above 0; default 1. More makes a sure yes or no less sure.</summary>
    public double Temperature { get; init => field = Require.Positive(value); } = 1;

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.Teacher;

    /// <inheritdoc/>
    public override bool TakesUnlabelledSamples => true;

    /// <inheritdoc/>
    public override bool TakesSeveralLabels => true;

    /// <inheritdoc/>
    public override bool TakesOneLabel => false;

    /// <inheritdoc/>
    public override double TeacherTemperature => Temperature;

    /// <summary>Null: what it asks for is no distribution over the classes.</summary>
    public override SoftTarget? SoftTargetOf(
        int label, int classCount, ReadOnlySpan<float> teacherLogits = default, double? temperature = null) => null;

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var (student, teacher) = (input.Student.Logits, input.RequireTeacher().Logits);
        var pairs = Divergences.SoftenedKl(Divergences.YesAndNo(teacher), Divergences.YesAndNo(student), Temperature);
        return input.MeanOverRows(Temperature * Temperature * pairs.view(student.shape[0], student.shape[1]).mean([1]), "binary_kd");
    }
}
