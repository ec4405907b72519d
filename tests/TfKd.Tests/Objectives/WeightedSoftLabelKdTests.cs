using FsCheck.Xunit;

namespace TfKd.Tests;

public sealed class WeightedSoftLabelKdTests
{
    /// <summary>Of the teacher's answer where its logits are 1, 0, 0.</summary>
    private static readonly double _entropy = -ObjectiveOracle.Softmax([1, 0, 0], 1).Sum(p => p * Math.Log(p));

    /// <summary>The weight is a constant of the row: the derivative of the value, which moves the weight too, is another number.</summary>
    [Property(Arbitrary = [typeof(LogitBatches)], MaxTest = 40)]
    public void Gradient_is_that_of_the_soft_cross_entropy_times_the_rows_weight(LogitBatch batch)
    {
        var (_, gradient) = batch.ValueAndGradient(new WeightedSoftLabelKd { Temperature = 3 });
        var (_, unweighted) = batch.ValueAndGradient(new SoftTargetKl { Temperature = 3 });
        for (var i = 0; i < batch.Rows; i++)
        {
            var weight = ObjectiveOracle.SoftLabelWeight(batch, i);
            for (var k = 0; k < batch.Classes; k++)
                Assert.Equal(9 * weight * unweighted[i][k], gradient[i][k], 1e-9);
        }
    }

    [Fact]
    public void A_row_counts_the_less_the_better_the_student_is()
    {
        var weights = ((double[])[-5, 0, 1, 5, 20]).Select(Weight).ToArray();

        Assert.Equal(weights.OrderDescending(), weights);
        Assert.InRange(weights[0], 0.99, 1);
        // As good as the teacher: L_s = L_t.
        Assert.Equal(1 - Math.Exp(-1), weights[2], 1e-6);
        Assert.InRange(weights[4], 0, 1e-7);

        static double Weight(double lead)
        {
            var batch = new LogitBatch([[lead, 0, 0]], [[1, 0, 0]], [0]);
            var softCrossEntropy = batch.Value(new SoftTargetKl()) + _entropy;
            return batch.Value(new WeightedSoftLabelKd { Temperature = 1 }) / softCrossEntropy;
        }
    }

    [Fact]
    public void A_perfect_student_and_a_hopeless_teacher_leave_nothing_to_learn()
    {
        var objective = new WeightedSoftLabelKd();

        Assert.Equal(0, new LogitBatch([[200, 0, 0]], [[1, 0, -1]], [0]).Value(objective));
        Assert.Equal(0, new LogitBatch([[1, 0, 0]], [[double.NegativeInfinity, 0, -1]], [0]).Value(objective));
    }

    [Fact]
    public void A_perfect_teacher_counts_fully()
    {
        var batch = new LogitBatch([[1, 0.5, 0]], [[200, 0, 0]], [0]);

        // The teacher's answer is the label, so its cross entropy is the label's.
        Assert.Equal(batch.Value(new CrossEntropy()), batch.Value(new WeightedSoftLabelKd { Temperature = 1 }), 1e-12);
    }
}
