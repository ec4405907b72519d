using FsCheck.Xunit;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class DistTests
{
    private static readonly Dist _rows = new() { Gamma = 0 };
    private static readonly Dist _columns = new() { Beta = 0 };

    /// <summary>a p + (1 - a) / K of each row, with an a of the row's own: probabilities again, and an affine change of each row.</summary>
    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void Rows_term_is_unchanged_by_an_affine_change_of_each_rows_probabilities(LogitBatch batch)
    {
        var moved = batch with { Teacher = Mixed(batch.Teacher, i => 0.2 + 0.1 * i, _ => 1.0 / batch.Classes) };

        Assert.Equal(batch.Value(_rows), moved.Value(_rows), 1e-6);
        Assert.Equal(0, (moved with { Student = batch.Teacher }).Value(_rows), 1e-6);
    }

    /// <summary>
    /// a p + (1 - a) d for one distribution d over the classes: an affine change of each column, with a shift of the class's own.
    /// </summary>
    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void Columns_term_is_unchanged_by_an_affine_change_of_each_classes_probabilities(LogitBatch batch)
    {
        var mild = Mild(batch);
        var moved = mild with { Teacher = Mixed(mild.Teacher, _ => 0.4, k => 2.0 * (k + 1) / (batch.Classes * (batch.Classes + 1))) };

        Assert.Equal(mild.Value(_columns), moved.Value(_columns), 1e-6);
    }

    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void Terms_are_within_zero_and_two_and_zero_at_equality(LogitBatch batch)
    {
        var equal = Mild(batch) with { Teacher = Mild(batch).Student };

        foreach (var term in (Dist[])[_rows, _columns])
            Assert.InRange(batch.Value(term), 0, 2 + 1e-9);
        Assert.Equal(0, equal.Value(_rows));
        // One row does not vary along its columns.
        Assert.Equal(batch.Rows == 1 ? 1 : 0, equal.Value(_columns));
    }

    [Fact]
    public void Opposite_order_is_as_far_as_can_be()
    {
        var batch = new LogitBatch([[1, 0], [0, 3]], [[0, 1], [4, 0]], [0, 0]);

        Assert.Equal(2, batch.Value(_rows), 1e-12);
        Assert.Equal(2, batch.Value(_columns), 1e-12);
    }

    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void It_equals_the_plain_double_oracle_at_temperature_one(LogitBatch batch)
    {
        var objective = new Dist { Beta = 0.5, Gamma = 2 };
        var expected = ObjectiveOracle.Value(objective, Mild(batch));

        Assert.Equal(expected, Mild(batch).Value(objective), 1e-9 * (1 + expected));
    }

    [Property(Arbitrary = [typeof(LogitBatches)], MaxTest = 30)]
    public void Codes_form_is_the_papers_times_the_squared_temperature(LogitBatch batch)
    {
        var expected = 16 * batch.Value(new Dist { Temperature = 4 });

        Assert.Equal(expected, batch.Value(new Dist { Temperature = 4, Form = DistForm.ReferenceCode }), 1e-9 * (1 + expected));
    }

    /// <summary>The start of a run whose last layer is zero. A tiny number in the denominator instead gives gradients of 1e8.</summary>
    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void A_student_that_does_not_vary_is_at_one_and_has_no_gradient(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var teacher = LogitBatch.ToTensor(LogitBatch.Random(seed: 3, rows: 8, classes: 100).Teacher, type);
        var student = zeros(8, 100, type).requires_grad_();

        var value = new Dist().Evaluate(student, zeros(8, ScalarType.Int64), teacher);
        value.backward();

        Assert.Equal(2, value.to(ScalarType.Float64).item<double>(), 1e-6);
        Assert.Equal(0, student.grad!.abs().max().to(ScalarType.Float64).item<double>());
    }

    /// <summary>The weighted mean of equal numbers is not always that number: what is left is rounding, and nothing to divide by.</summary>
    [Fact]
    public void Weights_do_not_make_equal_rows_vary()
    {
        var random = new Random(5);
        for (var i = 0; i < 20; i++)
        {
            using var scope = NewDisposeScope();
            using var log = new LossLog();
            var batch = LogitBatch.Random(seed: i, rows: 7, classes: 5);
            var weights = tensor(Enumerable.Range(0, batch.Rows).Select(_ => 0.1 + random.NextDouble()).ToArray());
            var student = zeros(batch.Rows, batch.Classes, ScalarType.Float64).requires_grad_();

            _columns.Compute(Input(student, batch, weights, log)).backward();

            Assert.Equal(0, student.grad!.abs().max().item<double>());
        }
    }

    /// <summary>Probabilities of 1e-22 and less, whose squares are no float32.</summary>
    [Fact]
    public void Classes_that_every_row_finds_improbable_are_still_compared()
    {
        using var scope = NewDisposeScope();
        var batch = new LogitBatch([[0, -50, -51], [0, -52, -50], [0, -51, -53]], [[0, -60, -62], [0, -63, -60], [0, -61, -64]], [0, 0, 0]);
        var student = LogitBatch.ToTensor(batch.Student, ScalarType.Float32).requires_grad_();

        var value = _columns.Evaluate(student, batch.LabelTensor(), LogitBatch.ToTensor(batch.Teacher, ScalarType.Float32));
        value.backward();
        var (_, gradient) = batch.ValueAndGradient(_columns);

        Assert.Equal(ObjectiveOracle.Value(_columns, batch), value.item<float>(), 1e-4);
        Assert.True(isfinite(student.grad!).all().item<bool>());
        for (var i = 0; i < batch.Rows; i++)
        {
            for (var k = 0; k < batch.Classes; k++)
                Assert.Equal(gradient[i][k], student.grad![i, k].item<float>(), 1e-4);
        }
    }

    /// <summary>A factor on all weights is a factor on the objective, in both terms.</summary>
    [Fact]
    public void Weights_of_two_double_the_value()
    {
        using var scope = NewDisposeScope();
        var batch = LogitBatch.Random(seed: 4, rows: 3, classes: 4);
        double Weighted(Objective objective)
        {
            using var log = new LossLog();
            return objective.Compute(Input(LogitBatch.ToTensor(batch.Student), batch, tensor([2.0, 2, 2]), log)).item<double>();
        }

        foreach (var term in (Dist[])[_rows, _columns])
            Assert.Equal(2 * batch.Value(term), Weighted(term), 1e-12);
    }

    private static ObjectiveInput Input(Tensor student, LogitBatch batch, Tensor weights, LossLog log) =>
        new(new NetworkOutput(student), Targets.FromLabels(batch.LabelTensor(), batch.Classes, weights), new TeacherSignal(LogitBatch.ToTensor(
            batch.Teacher)), new TrainingProgress(0, 1, 0), log);

    /// <summary>The batch with logits within -3 and 3.</summary>
    private static LogitBatch Mild(LogitBatch batch)
    {
        double[][] Scaled(
            double[][] logits) => [.. logits.Select(row => row.Select(z => 3 * z / logits.Max(other => other.Max(Math.Abs))).ToArray())];
        return batch with { Student = Scaled(batch.Student), Teacher = Scaled(batch.Teacher) };
    }

    /// <summary>Logits of the probabilities mixed with another distribution: share of the row times its own, plus the rest.</summary>
    private static double[][] Mixed(double[][] logits, Func<int, double> share, Func<int, double> other) =>
        [
            .. logits.Select((row, i) =>
                ObjectiveOracle.Softmax(row, 1).Select((p, k) => Math.Log(share(i) * p + (1 - share(i)) * other(k))).ToArray()),
        ];
}
