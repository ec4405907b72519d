using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The distance of a feature of the student, after a trainable map, from a feature of the teacher: the bare term, to be weighted and added
/// to other terms.
/// </summary>
/// <remarks>
/// <para>The mean over elements of (r(F_s) - F_t)^2, a mean over samples, with r a linear map over channels with bias (a 1x1 convolution).
/// Where heights or widths differ, the larger feature is averaged down to the smaller. Usual weight:
/// <c>new CrossEntropy() + 100 * new FeatureHint()</c>.</para>
/// <para>Romero, Ballas, Ebrahimi Kahou, Chassang, Gatta and Bengio, 'FitNets: Hints for Thin Deep Nets', ICLR 2015, equation 3, which is
/// half the sum over elements in place of their mean, and a stage of training of its own in place of a term; weight and mean are what later
/// comparisons use. The map belongs to the run: the student's optimiser trains it, checkpoints hold it, the model does not.</para>
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy() + 100 * new FeatureHint();
/// </code></example>
public sealed record FeatureHint : StagePairObjective
{
    /// <summary>The middle stage of both networks, of two the later.</summary>
    public FeatureHint() => (StudentStage, TeacherStage) = (null, null);

    /// <inheritdoc/>
    protected override ObjectiveState? CreateState(ImageShape student, ImageShape teacher) =>
        new LinearState(student.Channels, teacher.Channels);

    /// <inheritdoc/>
    protected override Tensor Compare(Tensor student, Tensor teacher, ObjectiveInput input)
    {
        var (ours, theirs) = FeatureStages.SameSize(student, teacher);
        // A product of matrices and no convolution: of those, only the network's own are checked for right values.
        var mapped = input.RequireState<LinearState>(this).Map(FeatureStages.ChannelsLast(ours));
        return input.MeanOverRows((mapped - FeatureStages.ChannelsLast(theirs)).square().mean([1, 2]), "feature_hint");
    }
}
