using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Asks that each stage of the student, together with all deeper ones, is what a stage of the teacher is (ReviewKD): features are fused
/// from the end of the network to its beginning, and compared at several sizes. The bare term.
/// </summary>
/// <remarks>
/// <para>Stages are paired from the end; the mean over positions of the last is one pair more, before them. Level by level, beginning with
/// that one: x is the student's stage after a 1x1 convolution and batch norm; behind the first level, with y what the level above has
/// handed on, resized to x by nearest neighbours, x becomes a x + b y, with a and b the logistic function of a 1x1 convolution with bias on
/// both, one number a position each; x is resized to the teacher's stage and handed on; a 3x3 convolution and batch norm make the
/// teacher's channels of it, which are compared with the teacher's stage. The comparison is the mean of squared differences, plus 1/2, 1/4
/// and 1/8 of those after averaging to 4x4, 2x2 and 1x1, of sizes below the stage's only, divided by the sum of the weights: each size
/// that counts has half the weight of the one before. The sum over levels, a mean over samples.</para>
/// <para>Usual weight: <c>new CrossEntropy() + new Ramped { Inner = 5 * new KnowledgeReview(), From = 0, Epochs = 20 }</c> for images of
/// 32x32, 1 or more for larger ones. Batch norms are by the batch's statistics, in which samples count with their weights. The layers are
/// as wide as the student's last stage, 512 channels at most; they belong to the run: the student's optimiser trains them, checkpoints
/// hold them, the model does not.</para>
/// <para>Chen, Liu, Zhao and Jia, 'Distilling Knowledge via Knowledge Review', CVPR 2021: attention based fusion (ABF) and hierarchical
/// context loss (HCL), with the weights of the authors' code, which the paper does not have. A size counts where it is below both height
/// and width, which are equal there.</para>
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy() + new Ramped { Inner = 5 * new KnowledgeReview(), From = 0, Epochs = 20 };
/// </code></example>
public sealed record KnowledgeReview : AllStagesObjective
{
    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => base.Needs | ObjectiveNeeds.WholeBatch;

    /// <summary>Makes the levels.</summary>
    protected override ObjectiveState CreateState(IReadOnlyList<ImageShape> students, IReadOnlyList<ImageShape> teachers)
    {
        return new ReviewState(Channels(students), Channels(teachers));

        static IReadOnlyList<int> Channels(IReadOnlyList<ImageShape> stages) =>
            [stages[0].Channels, .. stages.Select(stage => stage.Channels)];
    }

    /// <inheritdoc/>
    protected override Tensor Compare(IReadOnlyList<Tensor> students, IReadOnlyList<Tensor> teachers, ObjectiveInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var targets = Levels(teachers);
        var reviewed = input.RequireState<ReviewState>(this).Review(Levels(students), targets, input.Targets.RowWeights);
        return input.MeanOverRows(reviewed.Zip(targets, Difference).Aggregate((sum, level) => sum + level), "knowledge_review");

        static IReadOnlyList<Tensor> Levels(IReadOnlyList<Tensor> features) => [features[0].mean([2, 3], keepdim: true), .. features];
    }

    private static Tensor Difference(Tensor student, Tensor teacher)
    {
        var (sum, weight, total) = (Squares(student, teacher), 1.0, 1.0);
        foreach (var size in (long[])[4, 2, 1])
        {
            if (size >= Math.Min(teacher.shape[2], teacher.shape[3]))
                continue;
            weight /= 2;
            total += weight;
            sum += weight * Squares(
                nn.functional.adaptive_avg_pool2d(student, (size, size)), nn.functional.adaptive_avg_pool2d(teacher, (size, size)));
        }

        return sum / total;
    }

    private static Tensor Squares(Tensor student, Tensor teacher) => (student - teacher).square().mean([1, 2, 3]);
}
