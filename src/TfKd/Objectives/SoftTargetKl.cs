using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>The divergence of the student from the teacher's softened answer, bare: to be weighted and added to other terms.</summary>
/// <remarks>
/// <para>KL(p^t_T || p_T) = sum over k of p^t_T(k) (log p^t_T(k) - log p_T(k)), p_T = softmax(z / T); a mean over samples, without the
/// factor T^2.</para>
/// <para>Hinton, Vinyals and Dean, 'Distilling the Knowledge in a Neural Network', NIPS 2014 workshop. A student that is not softened is
/// that of Zheng and Yang, 'Knowledge Distillation Based on Transformed Teacher Matching', ICLR 2024, and of the code for Tf-KD's
/// regularisation.</para>
/// </remarks>
/// <example><code>
/// var objective = 0.3 * new CrossEntropy() + 0.7 * 16 * new SoftTargetKl { Temperature = 4 };
/// </code></example>
public sealed record SoftTargetKl : Objective
{
    /// <summary>Temperature T, above 0; default 1.</summary>
    public double Temperature { get; init => field = Require.Positive(value); } = 1;

    /// <summary>What the sum is divided by; default <see cref="KlReduction.PerRow"/>.</summary>
    public KlReduction Reduction { get; init => field = Require.Defined(value); } = KlReduction.PerRow;

    /// <summary>Whether the student's logits are divided by the temperature too; default true. Without effect at temperature 1.</summary>
    public bool SoftenStudent { get; init; } = true;

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
        var rows = SoftenStudent
            ? Divergences.SoftenedKl(teacher, student, Temperature)
            : Divergences.Kl(Divergences.LogSoftmax(teacher, Temperature), Divergences.LogSoftmax(student));
        if (Reduction == KlReduction.PerElement)
            rows = rows / input.Student.Logits.shape[1];
        return input.MeanOverRows(rows, "soft_target_kl");
    }
}
