using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// How little the student's feature says of the teacher's: the negative log-likelihood of a normal distribution whose mean is a trained map
/// of the student's feature, and whose variance is trained for each channel. The bare term.
/// </summary>
/// <remarks>
/// <para>The mean over elements of ((m(F_s) - F_t)^2 / v + log v) / 2, a mean over samples, with m three linear maps over channels without
/// bias and a ReLU between each two, as wide as the teacher's stage, and v = softplus(s) + 1e-5, which is 5 at first. It can be below 0.
/// Where heights or widths differ, the larger feature is averaged down to the smaller.</para>
/// <para>Usual weight: <c>new CrossEntropy() + new VariationalInformation()</c>.</para>
/// <para>Ahn, Hu, Damianou, Lawrence and Dai, 'Variational Information Distillation for Knowledge Transfer', CVPR 2019, equations 4 and 5;
/// the authors' code leaves the constant out, as here. Map and variances belong to the run: the student's optimiser trains them,
/// checkpoints hold them, the model does not.</para>
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy() + new VariationalInformation { StudentStage = 1, TeacherStage = 1 };
/// </code></example>
public sealed record VariationalInformation : StagePairObjective
{
    /// <inheritdoc/>
    protected override ObjectiveState? CreateState(ImageShape student, ImageShape teacher) =>
        new VariationalState(student.Channels, teacher.Channels);

    /// <inheritdoc/>
    protected override Tensor Compare(Tensor student, Tensor teacher, ObjectiveInput input)
    {
        var (ours, theirs) = FeatureStages.SameSize(student, teacher);
        var state = input.RequireState<VariationalState>(this);
        var variance = state.Variance();
        var differences = state.Mean(FeatureStages.ChannelsLast(ours)) - FeatureStages.ChannelsLast(theirs);
        return input.MeanOverRows(((differences.square() / variance + variance.log()) / 2).mean([1, 2]), "variational_information");
    }
}
