using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Tf-KD_reg: knowledge distillation from a virtual teacher that is right with a chosen probability. Needs no network beside the student.
/// </summary>
/// <remarks>
/// <para>(1 - a) H(q, p) + a KL(p^d_T || p_T), each a mean over samples; p^d gives <see cref="CorrectProbability"/> to the sample's class
/// and shares the rest equally. The teacher has two values only, so the divergence is closed: a gather and a sum over the
/// log-softmax.</para>
/// <para>Equation 9 of Yuan, Tay, Li, Wang and Feng, 'Revisiting Knowledge Distillation via Label Smoothing Regularization', CVPR 2020.
/// Their code does not soften the student, takes softmax(p^d / T) for the softened teacher (almost uniform), divides by K and multiplies by
/// 1 to 100. At T = 1 the paper's form is, up to a constant, <see cref="LabelSmoothing"/> of strength a K (1 -
/// <see cref="CorrectProbability"/>) / (K - 1).</para>
/// <para>For a target that is a mixture of classes the divergence is the mixture of its classes' divergences, as it is for cross entropy.
/// The divergence from the mixture of their softened teachers has the same gradient and is less by a constant.</para>
/// </remarks>
/// <example><code>
/// var objective = new TfKdRegularization { Alpha = 0.1, Temperature = 20, CorrectProbability = 0.99 };
/// </code></example>
public sealed record TfKdRegularization : Objective
{
    /// <summary>Weight a of the virtual teacher's term, within [0, 1]; default 0.1. The cross entropy has 1 - a.</summary>
    public double Alpha { get; init => field = Require.Fraction(value); } = 0.1;

    /// <summary>Temperature T, above 0; default 20.</summary>
    public double Temperature { get; init => field = Require.Positive(value); } = 20;

    /// <summary>
    /// Probability that the virtual teacher gives to the sample's class, above 0 and below 1; default 0.99, which the authors' code has
    /// fixed.
    /// </summary>
    public double CorrectProbability { get; init => field = Require.OpenFraction(value); } = 0.99;

    /// <summary>Which of the two definitions; default <see cref="TfKdForm.Paper"/>.</summary>
    public TfKdForm Form { get; init => field = Require.Defined(value); } = TfKdForm.Paper;

    /// <summary>
    /// The code's extra factor, above 0; default 1. Ignored unless <see cref="Form"/> is <see cref="TfKdForm.ReferenceCode"/>.
    /// </summary>
    public double Multiplier { get; init => field = Require.Positive(value); } = 1;

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.None;

    /// <summary>That of the virtual teacher, which gives one probability to the label and another to each other class.</summary>
    /// <inheritdoc/>
    public override SoftTarget SoftTargetOf(
        int label, int classCount, ReadOnlySpan<float> teacherLogits = default, double? temperature = null)
    {
        var own = temperature ?? Temperature;
        var softened = VirtualDistribution.Soften(classCount, CorrectProbability, own, Form);
        var probabilities = new double[classCount];
        Array.Fill(probabilities, softened.Other);
        probabilities[label] = softened.Correct;
        return new(this, own, probabilities);
    }

    /// <summary>
    /// Where the student is not softened, in the authors' form and at a temperature of 1: (1 - a) q + a f p^d, with f = m / K in the
    /// authors' form, and p^d of a probability o for each other class, which is K o of the uniform distribution and the rest of q.
    /// </summary>
    internal override SmoothedLabel? AsSmoothedLabel(int classCount) => SoftensStudent
        ? null
        : new(TotalWeight(classCount),
            classCount * Alpha * Factor(classCount) * VirtualDistribution.Soften(classCount, CorrectProbability, Temperature, Form).Other);

    /// <summary>The sum 1 - a + a f of the weights of both terms.</summary>
    internal double TotalWeight(int classCount) => 1 - Alpha + Alpha * Factor(classCount);

    private bool SoftensStudent => Form == TfKdForm.Paper && Temperature != 1;

    private double Factor(long classCount) => Form == TfKdForm.Paper ? 1 : Multiplier / classCount;

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var logits = input.Student.Logits;
        var logProbabilities = Divergences.LogSoftmax(logits);
        var crossEntropyRows = input.CrossEntropyOfTargets(logProbabilities);
        var crossEntropy = input.MeanOverRows(crossEntropyRows, "cross_entropy");

        var teacher = VirtualDistribution.Soften(checked((int)logits.shape[1]), CorrectProbability, Temperature, Form);
        var softened = SoftensStudent ? Divergences.LogSoftmax(logits, Temperature) : logProbabilities;
        var softenedRows = SoftensStudent ? input.CrossEntropyOfTargets(softened) : crossEntropyRows;
        // H(p^d, p) with p^d = (c - o) q + o on every class, whose own entropy is the same for each row.
        var rows = (teacher.Correct - teacher.Other) * softenedRows - teacher.Other * softened.sum(1) + teacher.NegativeEntropy;
        var divergence = input.MeanOverRows(rows, "virtual_teacher_kl");

        return (1 - Alpha) * crossEntropy + Alpha * Factor(logits.shape[1]) * divergence;
    }
}
