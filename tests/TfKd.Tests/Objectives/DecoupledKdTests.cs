using FsCheck.Xunit;

namespace TfKd.Tests;

public sealed class DecoupledKdTests
{
    private static readonly DecoupledKd _targetClass = new() { Alpha = 1, Beta = 0, Temperature = 1 };
    private static readonly DecoupledKd _otherClasses = new() { Alpha = 0, Beta = 1, Temperature = 1 };

    /// <summary>KL = TCKD + (1 - p_c^t) NCKD, row by row: the identity that the method starts from.</summary>
    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void Divergence_of_a_row_is_the_two_parts_the_second_weighted_by_what_the_teacher_leaves_to_others(LogitBatch batch)
    {
        for (var i = 0; i < batch.Rows; i++)
        {
            var row = batch.Reordered([i]);
            var left = ObjectiveOracle.Softmax(row.Teacher[0], 1).Where((_, k) => k != row.Labels[0]).Sum();

            AssertNear(row.Value(new SoftTargetKl()), row.Value(_targetClass) + left * row.Value(_otherClasses));
            AssertNear(row.Value(new SoftTargetKl()), row.Value(_targetClass with { Beta = left }));
        }
    }

    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void With_the_teachers_own_weight_it_is_knowledge_distillation_at_any_temperature(LogitBatch batch)
    {
        var row = batch.Reordered([0]);
        var left = ObjectiveOracle.Softmax(row.Teacher[0], 4).Where((_, k) => k != row.Labels[0]).Sum();

        AssertNear(row.Value(new KnowledgeDistillation { Alpha = 1, Temperature = 4 }), row.Value(
            new DecoupledKd { Alpha = 1, Beta = left, Temperature = 4 }));
    }

    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void Both_parts_are_zero_at_equality_and_never_negative(LogitBatch batch)
    {
        var equal = batch with { Teacher = batch.Student };
        foreach (var part in (DecoupledKd[])[_targetClass, _otherClasses])
        {
            Assert.Equal(0, equal.Value(part), 1e-13);
            Assert.True(batch.Value(part) >= -1e-13);
        }
    }

    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void Its_parts_have_the_weights_given(LogitBatch batch) => AssertNear(
        0.5 * batch.Value(_targetClass with { Temperature = 3 }) + 2 * batch.Value(_otherClasses with { Temperature = 3 }),
        batch.Value(new DecoupledKd { Alpha = 0.5, Beta = 2, Temperature = 3 }));

    /// <summary>The authors' code subtracts 1000 from the logit of the row's class, and then still counts it among the others.</summary>
    [Fact]
    public void A_target_logit_ahead_by_more_than_a_thousand_is_still_left_out()
    {
        var near = new LogitBatch([[1, 2, 0.5]], [[10, 1, -1]], [0]);
        var far = near with { Teacher = [[1e5, 1, -1]] };

        Assert.Equal(near.Value(_otherClasses), far.Value(_otherClasses), 1e-12);
        Assert.InRange(far.Value(_otherClasses), 0.01, 0.02);
    }

    [Fact]
    public void Two_classes_have_no_others_to_tell_apart() =>
        Assert.Equal(0, LogitBatch.Random(seed: 1, rows: 4, classes: 2).Value(_otherClasses));

    private static void AssertNear(double expected, double actual) => Assert.Equal(expected, actual, 1e-9 * (1 + Math.Abs(expected)));
}
