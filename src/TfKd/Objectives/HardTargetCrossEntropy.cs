using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The cross entropy of the class that the teacher takes a sample for, as if that were its label: distillation by hard labels. The bare
/// term.
/// </summary>
/// <remarks>
/// <para>-log p(argmax z_t), p = softmax(z_s); a mean over samples. Of equal logits of the teacher the first counts. Samples without a
/// label have the teacher's, as in pseudo-labelling.</para>
/// <para>Usual weight: <c>0.5 * new CrossEntropy() + 0.5 * new HardTargetCrossEntropy()</c>.</para>
/// <para>Touvron, Cord, Douze, Massa, Sablayrolles and Jégou, 'Training data-efficient image transformers and distillation through
/// attention', ICML 2021, equation 3, without the token of their own network.</para>
/// </remarks>
/// <example><code>
/// var objective = 0.5 * new CrossEntropy() + 0.5 * new HardTargetCrossEntropy();
/// </code></example>
public sealed record HardTargetCrossEntropy : Objective
{
    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.Teacher;

    /// <inheritdoc/>
    public override bool TakesUnlabelledSamples => true;

    /// <summary>The teacher's class alone, whatever the temperature; null without the teacher's logits.</summary>
    /// <inheritdoc/>
    public override SoftTarget? SoftTargetOf(
        int label, int classCount, ReadOnlySpan<float> teacherLogits = default, double? temperature = null)
    {
        if (teacherLogits.IsEmpty)
            return null;
        var probabilities = new double[classCount];
        probabilities[SpanSoftmax.ArgMax(teacherLogits)] = 1;
        return new(this, 1, probabilities);
    }

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var classes = input.RequireTeacher().Logits.argmax(1);
        return input.MeanOverRows(
            Divergences.NegativeLogLikelihood(classes, Divergences.LogSoftmax(input.Student.Logits)), "hard_target_cross_entropy");
    }
}
