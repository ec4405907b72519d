using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Asks that the student's embedding, after a trainable map, is the teacher's, and that the teacher's own classifier says of it what it
/// says of the teacher's (SRRL). The bare term.
/// </summary>
/// <remarks>
/// <para>With e the mean over positions of r(F_s), r a linear map over channels without bias (a 1x1 convolution), batch norm and ReLU,
/// and e_t the mean over positions of the teacher's last stage: <see cref="FeatureWeight"/> times the mean over channels of (e - e_t)^2,
/// plus <see cref="RegressionWeight"/> times the mean over classes of (w(e) - w(e_t))^2, w the teacher's classifier, which learns
/// nothing; each a mean over samples. Heights and widths may differ.</para>
/// <para>Usual weight: <c>new CrossEntropy() + new SoftmaxRegressionRepresentation()</c>. The teacher's classifier must be one linear
/// layer on the mean over positions of its last stage, as that of a ResNet is; a teacher without is refused before the first batch. The
/// batch norm is by the batch's statistics, in which samples count with their weights. The map belongs to the run: the student's optimiser
/// trains it, checkpoints hold it, the model does not.</para>
/// <para>Yang, Martinez, Bulat and Tzimiropoulos, 'Knowledge Distillation via Softmax Regression Representation Learning', ICLR 2021,
/// with the classifier's answers compared by squares. The paper's lengths are the means over elements of the authors' code here.</para>
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy() + new SoftmaxRegressionRepresentation();
/// </code></example>
public sealed record SoftmaxRegressionRepresentation : Objective
{
    /// <summary>
    /// The student's stage, from 0, or from the end where it is below 0; default -1, the last. The teacher's is its last.
    /// </summary>
    public int? StudentStage { get; init; } = -1;

    /// <summary>Weight of the embeddings' difference, 0 or above; default 1, the authors'.</summary>
    public double FeatureWeight { get; init => field = Require.NotNegative(value); } = 1;

    /// <summary>Weight of the difference of the classifier's answers, 0 or above; default 1, the authors'.</summary>
    public double RegressionWeight { get; init => field = Require.NotNegative(value); } = 1;

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.Teacher | ObjectiveNeeds.StudentFeatures | ObjectiveNeeds.TeacherFeatures
        | ObjectiveNeeds.TeacherClassifier | ObjectiveNeeds.WholeBatch;

    /// <inheritdoc/>
    public override bool TakesUnlabelledSamples => true;

    /// <inheritdoc/>
    public override bool TakesSeveralLabels => true;

    /// <summary>Makes the map.</summary>
    /// <exception cref="InvalidOperationException">A network has no such stage.</exception>
    public override ObjectiveState CreateState(ObjectiveContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var student = FeatureStages.Require(this, nameof(StudentStage), StudentStage, context.StudentStages, context);
        return new SoftmaxRegressionState(student.Channels, context.TeacherStages[^1].Channels);
    }

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var (teacher, classifier) = (input.RequireTeacher(), input.RequireTeacherClassifier());
        var feature = FeatureStages.At(StudentStage, input.Student.Features);
        var ours = input.RequireState<SoftmaxRegressionState>(this).Embed(FeatureStages.ChannelsLast(feature), input.Targets.RowWeights);
        var theirs = teacher.Features[^1].detach().mean([2, 3]);
        var features = input.MeanOverRows((ours - theirs).square().mean([1]), "softmax_regression_features");
        var differences = classifier.Classify(ours) - classifier.Classify(theirs);
        var answers = input.MeanOverRows(differences.square().mean([1]), "softmax_regression_logits");
        return FeatureWeight * features + RegressionWeight * answers;
    }
}
