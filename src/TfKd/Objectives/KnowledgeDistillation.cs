using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Knowledge distillation: cross entropy with the targets, and the divergence from the teacher's softened answer.</summary>
/// <remarks>
/// <para>(1 - a) H(q, p) + a f KL(p^t_T || p_T), each a mean over samples, with the factor f of <see cref="Form"/>. The weight a is the
/// teacher's; some code bases give the same letter to the cross entropy.</para>
/// <para>Hinton, Vinyals and Dean, 'Distilling the Knowledge in a Neural Network', NIPS 2014 workshop; equations 4 and 7 of Yuan et al.,
/// 'Revisiting Knowledge Distillation via Label Smoothing Regularization', CVPR 2020, whose code multiplies by T^2 and, in self-training,
/// by a multiplier of 1 to 100, and divides by K. Which teacher it is (a larger network, a smaller one, a poor one, the student's earlier
/// self) is the plan's choice.</para>
/// </remarks>
/// <example><code>
/// var objective = new KnowledgeDistillation { Alpha = 0.9, Temperature = 4 };
/// </code></example>
public sealed record KnowledgeDistillation : Objective
{
    /// <summary>Weight a of the teacher's term, within [0, 1]; default 0.9. The cross entropy has 1 - a.</summary>
    public double Alpha { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>Temperature T of both softmaxes in the teacher's term, above 0; default 4.</summary>
    public double Temperature { get; init => field = Require.Positive(value); } = 4;

    /// <summary>The factor of the teacher's term; default <see cref="KdForm.Hinton"/>.</summary>
    public KdForm Form { get; init => field = Require.Defined(value); } = KdForm.Hinton;

    /// <summary>
    /// The code's extra factor, above 0; default 1. Ignored unless <see cref="Form"/> is <see cref="KdForm.ReferenceCode"/>.
    /// </summary>
    public double Multiplier { get; init => field = Require.Positive(value); } = 1;

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.Teacher;

    /// <inheritdoc/>
    public override bool TakesUnlabelledSamples => true;

    /// <inheritdoc/>
    public override double TeacherTemperature => Temperature;

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var (student, teacher) = (input.Student.Logits, input.RequireTeacher().Logits);
        var crossEntropy = input.MeanOverRows(input.CrossEntropyOfTargets(Divergences.LogSoftmax(student)), "cross_entropy");
        var rows = Divergences.SoftenedKl(teacher, student, Temperature);
        var divergence = input.MeanOverRows(rows, "soft_target_kl");
        return (1 - Alpha) * crossEntropy + Alpha * Factor(student.shape[1]) * divergence;
    }

    private double Factor(long classCount) => Form switch
    {
        KdForm.Hinton => Temperature * Temperature,
        KdForm.ReferenceCode => Temperature * Temperature * Multiplier / classCount,
        _ => 1,
    };
}
