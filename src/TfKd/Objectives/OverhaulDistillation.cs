using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Asks that the student's stages are, before their last rectifier, what the teacher's are, where that matters behind it (OFD). The bare
/// term.
/// </summary>
/// <remarks>
/// <para>Stages are paired from the end. With S the student's stage before its last rectifier after a 1x1 convolution and batch norm, and
/// T the teacher's, which is max(t, m), m the mean of all that this channel has had below 0: the sum over elements of (T - S)^2, without
/// those where S is at most T and T at most 0; halved with each stage towards the beginning; the sum over stages, a mean over samples.
/// Where heights or widths differ, the larger feature is averaged down to the smaller.</para>
/// <para>Usual weight: <c>new CrossEntropy() + 0.001 * new OverhaulDistillation()</c> for images of 32x32, a tenth of it or less for larger
/// ones: it is a sum over elements. Batch norms are by the batch's statistics; in these and in m samples count with their weights. The
/// layers belong to the run: the student's optimiser trains them, checkpoints hold them, the model does not. A stage that ends with no
/// ReLU or ReLU6 is taken as it is.</para>
/// <para>Heo, Kim, Yun, Park, Kwak and Choi, 'A Comprehensive Overhaul of Feature Distillation', ICCV 2019, equations 3 and 4, with the
/// weights of stages from the authors' code. The paper's m is the expectation over the training images, which it takes from the
/// parameters of the batch norm before; here it is the mean over what the teacher was asked in the run.</para>
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy() + 0.001 * new OverhaulDistillation();
/// </code></example>
public sealed record OverhaulDistillation : AllStagesObjective
{
    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => base.Needs | ObjectiveNeeds.PreActivations | ObjectiveNeeds.WholeBatch;

    /// <summary>Makes the maps.</summary>
    protected override ObjectiveState CreateState(IReadOnlyList<ImageShape> students, IReadOnlyList<ImageShape> teachers) =>
        new OverhaulState(students.Select(stage => stage.Channels), teachers.Select(stage => stage.Channels));

    /// <inheritdoc/>
    protected override Tensor Compare(IReadOnlyList<Tensor> students, IReadOnlyList<Tensor> teachers, ObjectiveInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var state = input.RequireState<OverhaulState>(this);
        var levels = students.Zip(teachers).Select((pair, level) => Distance(state[level], pair.First, pair.Second, input) / (1 << level));
        return input.MeanOverRows(levels.Aggregate((sum, level) => sum + level), "overhaul");
    }

    private static Tensor Distance(OverhaulPair pair, Tensor student, Tensor teacher, ObjectiveInput input)
    {
        var rowWeights = input.Targets.RowWeights;
        var (ours, theirs) = FeatureStages.SameSize(student, pair.Limit(teacher, rowWeights));
        var (mapped, target) = (pair.Map(FeatureStages.ChannelsLast(ours), rowWeights), FeatureStages.ChannelsLast(theirs));
        var counts = (mapped > target).logical_or(target > 0).to(mapped.dtype);
        return ((mapped - target).square() * counts).sum([1L, 2L]);
    }
}
