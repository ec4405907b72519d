using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// DKD: what the teacher says of the sample's class and what it says among the others, apart and each with a weight of its own.
/// </summary>
/// <remarks>
/// <para>T^2 (a TCKD + b NCKD), each a mean over samples. TCKD = KL(b^t || b^s) between the pairs (p_c, 1 - p_c), c the sample's class;
/// NCKD is KL over the classes other than c, softmax over them alone; all logits are divided by T. At b = 1 - p_c^t of the row and a = 1
/// this is the divergence of <see cref="KnowledgeDistillation"/>, which is how a sure teacher's answer on the others is lost there. The
/// bare term: the published objective is CrossEntropy + f DecoupledKd, where f is <see cref="Ramped"/> from 0 to 1 over the first 20
/// epochs.</para>
/// <para>Zhao, Cui, Song, Qiu and Liang, 'Decoupled Knowledge Distillation', CVPR 2022; the factor T^2 is their code's. That code leaves
/// the sample's class out by subtracting 1000 from its logit, which fails where the logit is ahead by more; here it is left out.</para>
/// <para>Finite where the teacher's probability of a sample's class is 0 or 1. Where it is 1 with all other logits equal, or minus
/// infinity, NCKD asks for others that are alike.</para>
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy() + new Ramped { Inner = new DecoupledKd { Beta = 8 }, Epochs = 20 };
/// </code></example>
public sealed record DecoupledKd : Objective
{
    /// <summary>Weight a of the target class's term, 0 or above; default 1.</summary>
    public double Alpha { get; init => field = Require.NotNegative(value); } = 1;

    /// <summary>
    /// Weight b of the other classes' term, 0 or above; default 8. The authors take 2 to 8 on CIFAR-100, more where the teacher is surer.
    /// </summary>
    public double Beta { get; init => field = Require.NotNegative(value); } = 8;

    /// <summary>Temperature T of all softmaxes, above 0; default 4.</summary>
    public double Temperature { get; init => field = Require.Positive(value); } = 4;

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.Teacher | ObjectiveNeeds.HardLabels;

    /// <inheritdoc/>
    public override double TeacherTemperature => Temperature;

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var labels = input.RequireLabels();
        var student = Divergences.ForTemperature(input.Student.Logits, Temperature);
        var teacher = Divergences.ForTemperature(input.RequireTeacher().Logits, Temperature);
        var (studentOthers, teacherOthers) = (OtherClasses.Of(student, labels), OtherClasses.Of(teacher, labels));
        var targetRows = Divergences.Kl(
            OtherClasses.LogSoftmaxOfTwo(teacher, labels, teacherOthers, Temperature),
            OtherClasses.LogSoftmaxOfTwo(student, labels, studentOthers, Temperature), Temperature);
        var otherRows = Divergences.Kl(
            OtherClasses.LogSoftmax(teacherOthers, Temperature), OtherClasses.LogSoftmax(studentOthers, Temperature), Temperature);
        var type = input.Student.Logits.dtype;
        var target = input.MeanOverRows(targetRows.to(type), "target_class_kd");
        var other = input.MeanOverRows(otherRows.to(type), "non_target_class_kd");
        return Temperature * Temperature * (Alpha * target + Beta * other);
    }
}
