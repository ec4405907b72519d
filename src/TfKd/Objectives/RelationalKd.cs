using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Asks that the rows of a batch lie to one another as the teacher has them: their distances, and the angles between them. The bare term.
/// </summary>
/// <remarks>
/// <para>With the mean over positions of a stage as the embedding of a row: <see cref="DistanceWeight"/> times the mean over pairs of
/// h(d_s, d_t), d being a distance divided by the mean of the batch's distances that are above 0, plus <see cref="AngleWeight"/> times the
/// mean over triples of h(cos_s, cos_t), cos being that of the angle at one row between two others; h(a, b) is (a - b)^2 / 2 where |a - b|
/// is below 1, and |a - b| - 1/2 elsewhere. Neither distances nor angles depend on the channels: the networks may differ in them, and
/// nothing is trained.</para>
/// <para>All N^2 pairs and N^3 triples count in the means, those of a row with itself, which are equal in both, among them: so it is in the
/// authors' code, while the paper writes sums over distinct rows. Pairs and triples are not rows: with row weights, each counts with the
/// product of its rows' weights, also in the mean distance, so that a row of weight 2 is still the same as two rows. A batch of one row has
/// no distances and one of two no angles: those terms are 0 then.</para>
/// <para>Usual weight: <c>new CrossEntropy() + new RelationalKd()</c>. Differences of all pairs are held in memory: N^2 C numbers for C
/// channels, and N^3.</para>
/// <para>Park, Kim, Lu and Cho, 'Relational Knowledge Distillation', CVPR 2019.</para>
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy() + new RelationalKd();
/// </code></example>
public sealed record RelationalKd : StagePairObjective
{
    /// <summary>Weight of the distances, 0 or above; default 25, the authors' for classification.</summary>
    public double DistanceWeight { get; init => field = Require.NotNegative(value); } = 25;

    /// <summary>Weight of the angles, 0 or above; default 50, the authors' for classification.</summary>
    public double AngleWeight { get; init => field = Require.NotNegative(value); } = 50;

    /// <inheritdoc/>
    protected override bool RelatesSamples => true;

    /// <inheritdoc/>
    protected override Tensor Compare(Tensor student, Tensor teacher, ObjectiveInput input)
    {
        var weights = Weights(input, student);
        var (ofStudent, ofTeacher) = (Relations(student.mean([2, 3])), Relations(teacher.mean([2, 3])));
        var pairWeights = weights.unsqueeze(1) * weights;
        var distance = Term(
            Relative(ofStudent.Distances, pairWeights), Relative(ofTeacher.Distances, pairWeights), pairWeights, "relational_distance");
        var angle = Term(
            Cosines(ofStudent.Directions), Cosines(ofTeacher.Directions), weights.view(-1, 1, 1) * pairWeights, "relational_angle");
        return DistanceWeight * distance + AngleWeight * angle;

        Tensor Term(Tensor ours, Tensor theirs, Tensor tupleWeights, string name)
        {
            var term = (nn.functional.smooth_l1_loss(ours, theirs, nn.Reduction.None) * tupleWeights).mean();
            input.Log.Record(name, term);
            return term;
        }
    }

    // Rows that coincide have neither a direction nor a slope: 0 for both, where the root alone would give infinity.
    private static (Tensor Distances, Tensor Directions) Relations(Tensor embeddings)
    {
        var differences = embeddings.unsqueeze(0) - embeddings.unsqueeze(1);
        var squares = differences.square().sum(2);
        var coincide = squares.eq(0);
        var roots = squares.masked_fill(coincide, 1).sqrt();
        return (roots.masked_fill(coincide, 0), differences / roots.unsqueeze(2));
    }

    private static Tensor Relative(Tensor distances, Tensor weights)
    {
        var total = (weights * distances.gt(0)).sum().clamp(min: finfo(distances.dtype).tiny);
        var mean = (weights * distances).sum() / total;
        // Without a distance that counts there is no mean to be relative to.
        return distances / where(mean.gt(0), mean, ones_like(mean));
    }

    // Of the angle at the first row between the second and the third.
    private static Tensor Cosines(Tensor directions) => directions.bmm(directions.transpose(1, 2));
}
