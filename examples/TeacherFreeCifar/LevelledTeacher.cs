using TfKd;
using TorchSharp;
using static TorchSharp.torch;

namespace TeacherFreeCifar;

/// <summary>
/// Shows <see cref="Inner"/> a teacher that tells the sample's class from the others, and none of these from another: softened, they share
/// evenly what that class leaves. What such a teacher teaches is label smoothing, with an amount of its own for each sample.
/// </summary>
/// <remarks>
/// A control for what is called dark knowledge: which wrong classes are how likely. Furlanello et al., 'Born-Again Neural Networks', ICML
/// 2018, asked the same of permuted classes.
/// </remarks>
internal sealed record LevelledTeacher : Objective
{
    /// <summary>The objective that sees such a teacher; its temperature is the one at which the probability of the label's class stays.</summary>
    public required Objective Inner { get; init; }

    public override ObjectiveNeeds Needs => Inner.Needs | ObjectiveNeeds.HardLabels;

    public override IEnumerable<Objective> Parts => [Inner];

    public override SoftTarget? SoftTargetOf(
        int label, int classCount, ReadOnlySpan<float> teacherLogits = default, double? temperature = null)
    {
        if (teacherLogits.IsEmpty)
            return Inner.SoftTargetOf(label, classCount, teacherLogits, temperature);
        using var scope = NewDisposeScope();
        var levelled = Levelled(tensor(teacherLogits.ToArray(), [1, classCount], device: CPU), tensor([(long)label], device: CPU));
        return Inner.SoftTargetOf(label, classCount, levelled.data<float>().ToArray(), temperature);
    }

    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var teacher = input.RequireTeacher();
        return Inner.Compute(input with { Teacher = teacher with { Logits = Levelled(teacher.Logits, input.RequireLabels()) } });
    }

    private Tensor Levelled(Tensor logits, Tensor labels)
    {
        var softened = logits / TeacherTemperature;
        var isOwn = nn.functional.one_hot(labels, logits.shape[1]).to(ScalarType.Bool);
        var others = softened.masked_fill(isOwn, double.NegativeInfinity).logsumexp(1, keepdim: true);
        return where(isOwn, softened, others - Math.Log(logits.shape[1] - 1)) * TeacherTemperature;
    }
}
