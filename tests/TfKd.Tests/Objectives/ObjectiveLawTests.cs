using FsCheck.Xunit;

namespace TfKd.Tests;

/// <summary>What must hold for any logits.</summary>
public sealed class ObjectiveLawTests
{
    [Property(Arbitrary = [typeof(LogitBatches)], MaxTest = 40)]
    public void Adding_a_number_to_all_logits_of_a_row_changes_nothing(LogitBatch batch)
    {
        var shifted = batch with { Student = Shifted(batch.Student, 3), Teacher = Shifted(batch.Teacher, -7) };
        // Of a softmax, that is; a sigmoid of each class has its own say.
        foreach (var objective in ObjectiveCases.For(batch.Classes).Where(objective => !objective.TakesSeveralLabels))
            AssertNear(batch.Value(objective), shifted.Value(objective));
    }

    [Property(Arbitrary = [typeof(LogitBatches)], MaxTest = 40)]
    public void Order_of_the_rows_changes_nothing(LogitBatch batch)
    {
        var reversed = batch.Reordered([.. Enumerable.Range(0, batch.Rows).Reverse()]);
        foreach (var objective in ObjectiveCases.For(batch.Classes))
            AssertNear(batch.Value(objective), reversed.Value(objective));
    }

    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void Soft_target_kl_is_not_negative(LogitBatch batch) =>
        Assert.True(batch.Value(new SoftTargetKl { Temperature = 2 }) >= -1e-15);

    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void Soft_target_kl_of_equal_logits_is_zero(LogitBatch batch) =>
        Assert.Equal(0, (batch with { Teacher = batch.Student }).Value(new SoftTargetKl { Temperature = 2 }), 1e-14);

    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void Soft_target_kl_per_element_is_per_row_divided_by_the_classes(LogitBatch batch) =>
        AssertNear(batch.Value(new SoftTargetKl { Temperature = 3 }), batch.Classes * batch.Value(
            new SoftTargetKl { Temperature = 3, Reduction = KlReduction.PerElement }));

    /// <summary>The gradient of H(q', p) is p - q' a row, and p sums to 1.</summary>
    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void Smoothed_targets_sum_to_one_and_are_those_of_the_convention(LogitBatch batch)
    {
        foreach (var convention in Enum.GetValues<SmoothingConvention>())
        {
            var (_, gradient) = batch.ValueAndGradient(new LabelSmoothing { Smoothing = 0.2, Convention = convention });
            var onOther = convention == SmoothingConvention.Uniform ? 0.2 / batch.Classes : 0.2 / (batch.Classes - 1);
            for (var i = 0; i < batch.Rows; i++)
            {
                var target = ObjectiveOracle.Softmax(batch.Student[i], 1).Zip(gradient[i], (p, g) => p - batch.Rows * g).ToArray();

                Assert.Equal(1, target.Sum(), 1e-12);
                Assert.Equal(convention == SmoothingConvention.Uniform ? 0.8 + onOther : 0.8, target[batch.Labels[i]], 1e-12);
                Assert.All(target.Where((_, k) => k != batch.Labels[i]), value => Assert.Equal(onOther, value, 1e-12));
            }
        }
    }

    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void Off_target_smoothing_is_uniform_smoothing_of_adjusted_strength(LogitBatch batch) =>
        AssertNear(
            batch.Value(new LabelSmoothing { Smoothing = 0.3 }),
            batch.Value(new LabelSmoothing
            {
                Smoothing = 0.3 * (batch.Classes - 1) / batch.Classes,
                Convention = SmoothingConvention.OffTarget,
            }));

    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void Weight_zero_of_the_extra_term_leaves_cross_entropy(LogitBatch batch)
    {
        var expected = batch.Value(new CrossEntropy());

        AssertNear(expected, batch.Value(new LabelSmoothing { Smoothing = 0 }));
        AssertNear(expected, batch.Value(new KnowledgeDistillation { Alpha = 0 }));
        AssertNear(expected, batch.Value(new TfKdRegularization { Alpha = 0 }));
        AssertNear(expected, batch.Value(new TfKdRegularization { Alpha = 0, Form = TfKdForm.ReferenceCode }));
    }

    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void Weighted_sum_is_linear(LogitBatch batch, int first, int second)
    {
        var (left, right) = (first % 100 / 10.0, second % 100 / 10.0);
        var (a, b) = (new CrossEntropy(), new SoftTargetKl { Temperature = 2 });

        AssertNear(left * batch.Value(a) + right * batch.Value(b), batch.Value(left * a + right * b));
        AssertNear(left * batch.Value(right * a + b), batch.Value(left * (right * a + b)));
    }

    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void Knowledge_distillation_is_a_weighted_sum_of_its_two_terms(LogitBatch batch)
    {
        var kl = new SoftTargetKl { Temperature = 4 };

        AssertNear(batch.Value(0.1 * new CrossEntropy() + 0.9 * 16 * kl), batch.Value(new KnowledgeDistillation()));
        AssertNear(batch.Value(0.1 * new CrossEntropy() + 0.9 * kl), batch.Value(new KnowledgeDistillation { Form = KdForm.Paper }));
        AssertNear(
            batch.Value(0.1 * new CrossEntropy() + 0.9 * 16 * 50 * (kl with { Reduction = KlReduction.PerElement })),
            batch.Value(new KnowledgeDistillation { Form = KdForm.ReferenceCode, Multiplier = 50 }));
    }

    /// <summary>Equation 3 of the paper; the constant is the entropy of the uniform distribution.</summary>
    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void Divergence_from_a_uniform_teacher_is_label_smoothing(LogitBatch batch)
    {
        var uniform = batch with { Teacher = [.. batch.Teacher.Select(row => new double[row.Length])] };

        AssertNear(
            batch.Value(new LabelSmoothing { Smoothing = 0.3 }),
            uniform.Value(0.7 * new CrossEntropy() + 0.3 * new SoftTargetKl()) + 0.3 * Math.Log(batch.Classes));
    }

    private static void AssertNear(double expected, double actual) => Assert.Equal(expected, actual, 1e-9 * (1 + Math.Abs(expected)));

    private static double[][] Shifted(double[][] logits, double shift) =>
        [.. logits.Select((row, i) => row.Select(z => z + shift * (i + 1)).ToArray())];
}
