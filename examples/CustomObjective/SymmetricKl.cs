using TfKd;
using TorchSharp;
using static TorchSharp.torch;

namespace CustomObjective;

/// <summary>
/// An objective of one's own: the divergence between student and teacher, half in each direction, bare: to be weighted and added to other
/// terms.
/// </summary>
/// <remarks>
/// <para>
/// KL(t||s) / 2 + KL(s||t) / 2 = sum over k of (t(k) - s(k)) (log t(k) - log s(k)) / 2, with t and s the softmax of the logits divided by
/// T; a mean over rows, without the factor T^2. The first half punishes a student that leaves out what the teacher finds likely, the second
/// one that makes up what the teacher finds unlikely. A teacher that gives a class the probability 0 makes it infinite.
/// </para>
/// <para>Jeffreys, 'An invariant form for the prior probability in estimation problems', Proceedings of the Royal Society A, 1946.</para>
/// </remarks>
internal sealed record SymmetricKl : Objective
{
    /// <summary>Temperature T, above 0; default 1.</summary>
    public double Temperature
    {
        get;
        init => field = value > 0 && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Temperature), value, $"Temperature must be above 0 and finite, but is {value}.");
    } = 1;

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.Teacher;

    /// <inheritdoc/>
    public override double TeacherTemperature => Temperature;

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var student = Divergences.LogSoftmax(input.Student.Logits, Temperature);
        // Detached: only the student learns. Not by Divergences.Kl, which takes its first distribution as a constant: here the student is
        // the first one too.
        var teacher = Divergences.LogSoftmax(input.RequireTeacher().Logits.detach(), Temperature);
        var rows = ((teacher.exp() - student.exp()) * (teacher - student)).sum(1) / 2;
        return input.MeanOverRows(rows, "symmetric_kl");
    }
}
