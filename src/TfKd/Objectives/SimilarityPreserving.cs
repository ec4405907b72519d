using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Asks that the rows of a batch that are alike to the teacher are alike to the student: their features' products. The bare term.
/// </summary>
/// <remarks>
/// <para>With Q the matrix [N,C H W] of a stage's features and G = Q Q', each of whose rows is divided by its length, the mean over N^2 of
/// the squared differences of both networks' G. It depends on neither channels, height nor width, which may differ, and nothing is trained.
/// With row weights, each pair counts with the product of its rows' weights, and lengths are of weighted squares.</para>
/// <para>Usual weight: <c>new CrossEntropy() + 3000 * new SimilarityPreserving()</c>: the entries shrink as the batch grows.</para>
/// <para>Tung and Mori, 'Similarity-Preserving Knowledge Distillation', ICCV 2019, equations 1 to 4, of one pair of layers.</para>
/// </remarks>
public sealed record SimilarityPreserving : StagePairObjective
{
    /// <inheritdoc/>
    protected override bool RelatesSamples => true;

    /// <inheritdoc/>
    protected override Tensor Compare(Tensor student, Tensor teacher, ObjectiveInput input)
    {
        var weights = Weights(input, student);
        var differences = Similarities(student, weights) - Similarities(teacher, weights);
        return MeanOverPairs(differences.square(), input, "similarity_preserving");
    }

    private static Tensor Similarities(Tensor feature, Tensor weights)
    {
        var rows = feature.flatten(1);
        var products = rows.mm(rows.t());
        var squares = (products.square() * weights).sum(1, keepdim: true);
        // A row of zeros is like none, and has no slope, where the root's would be infinite.
        var empty = squares.eq(0);
        return (products / squares.masked_fill(empty, 1).sqrt()).masked_fill(empty, 0);
    }
}
