using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A teacher without a network: the row's own class gets <see cref="CorrectProbability"/> a, each of the K - 1 others (1 - a) / (K - 1).
/// Equation 8 of Yuan et al., 'Revisiting Knowledge Distillation via Label Smoothing Regularization', CVPR 2020. With it any objective
/// becomes teacher-free. A row whose target is a mixture of classes gets the same mixture of their virtual answers.
/// </summary>
/// <example><code>
/// var teacher = new VirtualTeacher { CorrectProbability = 0.99, Temperature = 20 };
/// </code></example>
public sealed record VirtualTeacher : TeacherSource
{
    /// <summary>Probability a of the row's own class, above 0 and below 1; default 0.99, as in the authors' code.</summary>
    public double CorrectProbability { get; init => field = Require.OpenFraction(value); } = 0.99;

    /// <summary>
    /// Softening done by the teacher itself, above 0; default 1: none. Objectives with a temperature soften what they get, so leave it at 1
    /// for them.
    /// </summary>
    public double Temperature { get; init => field = Require.Positive(value); } = 1;

    /// <summary>
    /// What stands in the place of logits. Default <see cref="TfKdForm.Paper"/>: log p, so that softening by an objective gives p^(1/T)
    /// renormalised. <see cref="TfKdForm.ReferenceCode"/>: p itself, which is what the authors' code softens.
    /// </summary>
    public TfKdForm Form { get; init => field = Require.Defined(value); } = TfKdForm.Paper;

    /// <inheritdoc/>
    public override bool GivesFeatures => false;

    /// <summary>False: it is made of labels.</summary>
    public override bool TakesUnlabelledSamples => false;

    /// <inheritdoc/>
    protected override Teacher OpenCore(TeacherContext context) => new VirtualLogits(this, context.ClassNames.Count);

    private sealed class VirtualLogits(VirtualTeacher source, int classCount) : Teacher
    {
        private readonly VirtualDistribution _softened =
            VirtualDistribution.Soften(classCount, source.CorrectProbability, source.Temperature, source.Form);

        private readonly (double Correct, double Other) _logits =
            VirtualDistribution.Logits(classCount, source.CorrectProbability, source.Temperature, source.Form);

        protected override TeacherSignal TeachCore(ImageBatch batch) =>
            new(batch.Targets.Labels is { } labels ? OfLabels(labels) : OfMixtures(batch.Targets.Probabilities));

        private Tensor OfLabels(Tensor labels)
        {
            var correct = full([labels.shape[0], 1], _logits.Correct, ScalarType.Float32, labels.device);
            return full([labels.shape[0], classCount], _logits.Other, ScalarType.Float32, labels.device)
                .scatter_(1, labels.unsqueeze(1), correct);
        }

        private Tensor OfMixtures(Tensor targets) => source.Form == TfKdForm.Paper
            ? (targets * (_softened.Correct - _softened.Other) + _softened.Other).log()
            : targets * (_logits.Correct - _logits.Other) + _logits.Other;
    }
}
