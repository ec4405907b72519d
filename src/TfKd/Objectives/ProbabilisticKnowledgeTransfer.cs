using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Asks that each sample of a batch finds the others as near as the teacher finds them: divergences of distributions over neighbours. The
/// bare term.
/// </summary>
/// <remarks>
/// <para>With the mean over positions of a stage as the embedding of a sample, and p(j | i) its nearness to sample j, (1 + cos) / 2 with
/// cos of the angle of the two embeddings, divided by the sum over all j, that of i itself among them: the mean over all N^2 pairs of
/// p_t(j | i) log(p_t(j | i) / p_s(j | i)). It depends on neither channels, height nor width, which may differ, and nothing is trained.
/// A sample counts with its weight, both as i and as a neighbour.</para>
/// <para>Usual weight: <c>new CrossEntropy() + 30000 * new ProbabilisticKnowledgeTransfer()</c>, that of the usual comparisons: the terms
/// shrink as the batch grows, and the rows' divergences are small.</para>
/// <para>Passalis and Tefas, 'Learning Deep Representations with Probabilistic Knowledge Transfer', ECCV 2018, with the cosine kernel. The
/// authors add 1e-7 to both probabilities; here a nearness is 1e-7 at least, so that those of opposite samples have a logarithm.</para>
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy() + 30000 * new ProbabilisticKnowledgeTransfer();
/// </code></example>
public sealed record ProbabilisticKnowledgeTransfer : StagePairObjective
{
    private const double LeastNearness = 1e-7;

    /// <inheritdoc/>
    protected override bool RelatesSamples => true;

    /// <inheritdoc/>
    protected override Tensor Compare(Tensor student, Tensor teacher, ObjectiveInput input)
    {
        var weights = Weights(input, student);
        var (ours, theirs) = (Nearness(student, weights), Nearness(teacher, weights));
        return input.MeanOverRows(
            (theirs * weights * (theirs.log() - ours.log())).mean([1]), "probabilistic_knowledge_transfer");
    }

    // Divided by the weighted sum, but without the neighbour's own weight: it would be in both logarithms, and may be 0.
    private static Tensor Nearness(Tensor feature, Tensor weights)
    {
        var embeddings = UnitEmbeddings(feature);
        var nearness = ((1 + embeddings.mm(embeddings.t())) / 2).clamp(min: LeastNearness);
        // Rows that all weigh 0 are near to none.
        return nearness / (nearness * weights).sum(1, keepdim: true).clamp(min: finfo(nearness.dtype).tiny);
    }
}
