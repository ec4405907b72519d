using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Standardises the student's and the teacher's logits row by row before another objective sees them: their pattern is learnt, not their
/// size.
/// </summary>
/// <remarks>
/// <para>Inner at (z - mean(z)) / (std(z) + 1e-7) for the logits z of either side, mean and std over the K classes of the row, std with K -
/// 1. Gradients flow through the student's mean and std. Everything else of the input is passed on as it is. A shift of a row's logits
/// changes nothing, and a positive factor nothing but for the 1e-7.</para>
/// <para>Sun, Ren, Li, Wang and Cao, 'Logit Standardization in Knowledge Distillation', CVPR 2024; their code computes the same. The cross
/// entropy with the labels is not standardised there, but both terms of a wrapped <see cref="KnowledgeDistillation"/> are: wrap the bare
/// term, as in <c>0.1 * new CrossEntropy() + 9 * 4 * new LogitStandardization { Inner = new SoftTargetKl { Temperature = 2 } }</c>.</para>
/// <para>It needs three classes at least: two standardised logits are 0.7071 and -0.7071 whatever the logits were, so that nothing but
/// which is larger is left, and no gradient.</para>
/// <para>A teacher's logit of minus infinity is taken as the limit of a falling one, where the row's other logits become equal. A row of
/// equal logits stays at 0; the student's gradient there is 1e7 times that of Inner, as in the authors' code.</para>
/// </remarks>
/// <example><code>
/// var objective = 0.1 * new CrossEntropy() + 36 * new LogitStandardization { Inner = new SoftTargetKl { Temperature = 2 } };
/// </code></example>
public sealed record LogitStandardization : Objective
{
    private const double Epsilon = 1e-7;

    // Its square times any number of classes is still a double.
    private const double Lowest = -1e140;

    /// <summary>The objective that sees the standardised logits; one that needs a teacher.</summary>
    /// <exception cref="ArgumentException">It needs no teacher.</exception>
    public required Objective Inner { get; init => field = RequireTaught(value); }

    /// <summary>What <see cref="Inner"/> needs.</summary>
    public override ObjectiveNeeds Needs => Inner.Needs;

    /// <inheritdoc/>
    public override IEnumerable<Objective> Parts => [Inner];

    /// <summary>Nothing; refuses two classes.</summary>
    /// <exception cref="InvalidOperationException">There are two classes.</exception>
    public override ObjectiveState? CreateState(ObjectiveContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        RequireThreeClasses(context.ClassCount);
        return null;
    }

    /// <summary>False: logits that are standardised over the classes are no yes or no of each.</summary>
    public override bool TakesSeveralLabels => false;

    /// <summary>That of <see cref="Inner"/>, of the standardised logits.</summary>
    public override SoftTarget? SoftTargetOf(
        int label, int classCount, ReadOnlySpan<float> teacherLogits = default, double? temperature = null)
    {
        if (teacherLogits.IsEmpty)
            return Inner.SoftTargetOf(label, classCount, teacherLogits, temperature);
        return Inner.SoftTargetOf(label, classCount, Standardized(teacherLogits), temperature);
    }

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var (student, teacher) = (input.Student, input.RequireTeacher());
        RequireThreeClasses(student.Logits.shape[1]);
        return Inner.Compute(input with
        {
            Student = student with { Logits = Standardized(student.Logits) },
            Teacher = teacher with { Logits = StandardizedTeacher(teacher.Logits) },
        });
    }

    // Wide enough for the limit; the teacher needs no gradient.
    private static Tensor StandardizedTeacher(Tensor logits) =>
        Standardized(logits.detach().to(ScalarType.Float64).clamp(min: Lowest)).to(logits.dtype);

    private static Tensor Standardized(Tensor logits) =>
        (logits - logits.mean([1], keepdim: true)) / (logits.std(1, unbiased: true, keepdim: true) + Epsilon);

    // The same without Torch, for one sample of a teacher's.
    private static float[] Standardized(ReadOnlySpan<float> logits)
    {
        var values = new double[logits.Length];
        for (var k = 0; k < values.Length; k++)
            values[k] = Math.Max(logits[k], Lowest);
        var mean = values.Average();
        var deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
        return Array.ConvertAll(values, value => (float)((value - mean) / (deviation + Epsilon)));
    }

    private static void RequireThreeClasses(long classCount)
    {
        if (classCount < 3)
            throw new InvalidOperationException(
                $"{nameof(LogitStandardization)} needs at least 3 classes, but there are {classCount}: standardised, two logits are the "
                    + "same two numbers whatever they were, and nothing can be learnt from them. Take its Inner by itself.");
    }

    private static Objective RequireTaught(Objective inner, [CallerMemberName] string name = "") =>
        Require.NotNull(inner, name).Needs.HasFlag(ObjectiveNeeds.Teacher)
        ? inner
        : throw new ArgumentException($"{name} must be an objective that needs a teacher, but is {inner}.", name);
}
