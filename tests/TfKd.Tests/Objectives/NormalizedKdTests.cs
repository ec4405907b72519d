using FsCheck.Xunit;

namespace TfKd.Tests;

public sealed class NormalizedKdTests
{
    private static readonly NormalizedKd _targetClass = new() { Gamma = 0 };

    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void Its_second_term_is_the_other_classes_term_of_decoupled_kd_plus_the_teachers_entropy(LogitBatch batch)
    {
        // A teacher on both sides leaves the entropy alone.
        var entropy = Second(batch with { Student = batch.Teacher });

        var expected = batch.Value(new DecoupledKd { Alpha = 0, Beta = 1, Temperature = 3 }) + entropy;
        Assert.Equal(expected, Second(batch), 1e-9 * (1 + Math.Abs(expected)));
    }

    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void A_teacher_that_knows_the_labels_leaves_cross_entropy_in_the_first_term(LogitBatch batch)
    {
        var sure = batch with
        {
            Teacher = [
            .. batch.Labels.Select(label => Enumerable.Range(0, batch.Classes).Select(k => k == label ? 1e4 : 0).ToArray()),
        ]
        };
        var expected = batch.Value(new CrossEntropy());

        Assert.Equal(expected, sure.Value(_targetClass), 1e-9 * (1 + expected));
    }

    [Fact]
    public void A_teacher_that_excludes_the_label_leaves_nothing_in_the_first_term() =>
        Assert.Equal(0, new LogitBatch([[1, 2, 3]], [[-1e4, 0, 0]], [0]).Value(_targetClass));

    private static double Second(LogitBatch batch) =>
        batch.Value(new NormalizedKd { Gamma = 1, Temperature = 3 }) - batch.Value(_targetClass);
}
