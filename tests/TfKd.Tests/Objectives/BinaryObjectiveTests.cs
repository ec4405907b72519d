using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Objectives of samples that may have several labels, on such samples.</summary>
public sealed class BinaryObjectiveTests
{
    private const int Classes = 3;

    private static readonly double[][] _students = [[1.2, -0.3, 0.4], [0.1, 0.9, -1.1], [-0.6, 0.2, 2.0]];
    private static readonly double[][] _teachers = [[2.0, 0.5, -1.0], [0.3, 0.3, 1.4], [1.0, -2.0, 0.7]];

    // Two labels, none, and all.
    private static readonly double[][] _has = [[1, 0, 1], [0, 0, 0], [1, 1, 1]];

    private static readonly Objective[] _objectives =
    [
        new BinaryCrossEntropy(),
        new BinaryCrossEntropy { Smoothing = 0.3, PositiveWeights = [1, 4, 0.5] },
        new BinaryKd { Temperature = 2 },
        2 * new BinaryCrossEntropy() + new Ramped { Inner = new BinaryKd(), From = 0.5, To = 0.5 },
    ];

    public static TheoryData<int> Objectives => [.. Enumerable.Range(0, _objectives.Length)];

    [Fact]
    public void Cross_entropy_is_the_mean_over_samples_and_classes_of_yes_and_no()
    {
        var expected = Mean((i, k) => -(_has[i][k] * Math.Log(Sigmoid(_students[i][k])) + (1 - _has[i][k])
            * Math.Log(1 - Sigmoid(_students[i][k]))));
        Assert.Equal(expected, Value(new BinaryCrossEntropy()), 1e-12);
    }

    [Fact]
    public void Smoothing_draws_targets_towards_a_half_and_weights_count_positives()
    {
        double[] weights = [1, 4, 0.5];
        var expected = Mean((i, k) =>
        {
            var yes = 0.7 * _has[i][k] + 0.15;
            return -(weights[k] * yes * Math.Log(Sigmoid(_students[i][k])) + (1 - yes) * Math.Log(1 - Sigmoid(_students[i][k])));
        });
        Assert.Equal(expected, Value(new BinaryCrossEntropy { Smoothing = 0.3, PositiveWeights = weights }), 1e-12);
    }

    [Fact]
    public void Weights_of_the_plan_count_as_those_of_the_objective_and_do_not_reach_distillation()
    {
        double[] weights = [3, 0.25, 7];
        var expected = Mean((i, k) => -(weights[k] * _has[i][k] * Math.Log(Sigmoid(_students[i][k])) + (1 - _has[i][k])
            * Math.Log(1 - Sigmoid(_students[i][k]))));
        Assert.Equal(expected, Value(new BinaryCrossEntropy(), weights), 1e-12);
        Assert.Equal(2 * expected, Value(2 * new Ramped { Inner = new BinaryCrossEntropy(), From = 1 }, weights), 1e-12);
        Assert.Equal(Value(new BinaryCrossEntropy()), Value(new BinaryCrossEntropy(), [1, 1, 1]), 1e-15);
        Assert.Equal(Value(new BinaryKd()), Value(new BinaryKd(), weights), 1e-15);
        // The value is linear in them: what positives bring grows as they do.
        var (once, twice, thrice) = (Scaled(1), Scaled(2), Scaled(3));
        Assert.Equal(twice - once, thrice - twice, 1e-12);
        Assert.True(twice > once);

        double Scaled(double factor) => Value(new BinaryCrossEntropy(), [.. weights.Select(weight => factor * weight)]);
    }

    [Fact]
    public void Gradient_with_weights_of_the_plan_equals_central_differences()
    {
        double[] weights = [3, 0.25, 7];
        const double Step = 1e-5;
        using var scope = NewDisposeScope();
        using var log = new LossLog();
        var student = Matrix(_students).requires_grad_();
        new BinaryCrossEntropy { Smoothing = 0.2 }.Compute(Input(student, weights, log)).backward();
        foreach (var (i, k) in Enumerable.Range(0, 3 * Classes).Select(place => (place / Classes, place % Classes)))
            Assert.Equal((Moved(i, k, Step) - Moved(i, k, -Step)) / (2 * Step), student.grad![i, k].item<double>(), 1e-8);

        double Moved(int row, int column, double step)
        {
            var moved = _students.Select(one => one.ToArray()).ToArray();
            moved[row][column] += step;
            return new BinaryCrossEntropy { Smoothing = 0.2 }.Compute(Input(Matrix(moved), weights, log)).item<double>();
        }
    }

    [Fact]
    public void Distillation_is_the_mean_divergence_of_yes_and_no_whatever_the_labels_are()
    {
        const double T = 2;
        var expected = T * T * Mean((i, k) =>
        {
            var (p, q) = (Sigmoid(_teachers[i][k] / T), Sigmoid(_students[i][k] / T));
            return p * Math.Log(p / q) + (1 - p) * Math.Log((1 - p) / (1 - q));
        });
        Assert.Equal(expected, Value(new BinaryKd { Temperature = T }), 1e-12);
    }

    [Fact]
    public void A_student_that_says_what_the_teacher_says_has_nothing_to_learn_from_it()
    {
        using var scope = NewDisposeScope();
        var student = Matrix(_teachers).requires_grad_();
        using var value = new BinaryKd { Temperature = 3 }.Evaluate(student, Matrix(_has), Matrix(_teachers));
        value.backward();
        Assert.Equal(0, value.item<double>(), 1e-15);
        Assert.True(student.grad!.abs().max().item<double>() < 1e-15);
    }

    [Theory]
    [MemberData(nameof(Objectives))]
    public void Gradient_equals_central_differences(int index)
    {
        var objective = _objectives[index];
        const double Step = 1e-5;
        using var scope = NewDisposeScope();
        var student = Matrix(_students).requires_grad_();
        objective.Evaluate(student, Matrix(_has), Matrix(_teachers)).backward();
        for (var i = 0; i < 3; i++)
        {
            for (var k = 0; k < Classes; k++)
            {
                var numeric = (Moved(i, k, Step) - Moved(i, k, -Step)) / (2 * Step);
                Assert.Equal(numeric, student.grad![i, k].item<double>(), 1e-8);
            }
        }

        double Moved(int row, int column, double step)
        {
            var moved = _students.Select(one => one.ToArray()).ToArray();
            moved[row][column] += step;
            return objective.Evaluate(Matrix(moved), Matrix(_has), Matrix(_teachers)).item<double>();
        }
    }

    [Theory]
    [MemberData(nameof(Objectives))]
    public void Value_of_a_mixture_is_the_mixture_of_the_values(int index)
    {
        var objective = _objectives[index];
        using var scope = NewDisposeScope();
        double[][] other = [_has[1], _has[2], _has[0]];
        var mixture = 0.3 * Matrix(_has) + 0.7 * Matrix(other);
        var expected = 0.3 * Value(objective, Targets.FromIndicators(Matrix(_has)))
            + 0.7 * Value(objective, Targets.FromIndicators(Matrix(other)));
        Assert.Equal(expected, Value(objective, Targets.FromIndicators(mixture)), 1e-12);
    }

    [Fact]
    public void Of_a_sample_without_labels_the_teacher_counts_alone()
    {
        using var scope = NewDisposeScope();
        // The second row has none; its numbers must not matter.
        var partial = Targets.FromPartialIndicators(Matrix([_has[0], [0, 0, 0], _has[2]]), tensor(new double[] { 1, 0, 1 }), 1.5);
        var ofOthers = Enumerable.Range(0, 3).Where(i => i != 1).Average(i => Enumerable.Range(0, Classes).Average(k =>
            -Math.Log(_has[i][k] == 1 ? Sigmoid(_students[i][k]) : 1 - Sigmoid(_students[i][k]))));
        Assert.Equal(ofOthers, Value(new BinaryCrossEntropy(), partial), 1e-12);
        Assert.Equal(Value(new BinaryKd()), Value(new BinaryKd(), partial), 1e-12);
    }

    [Fact]
    public void A_mixture_with_a_sample_without_labels_counts_by_the_share_of_the_other()
    {
        using var scope = NewDisposeScope();
        var targets = Targets.FromPartialIndicators(Matrix([_has[0], [0, 0, 0], _has[2]]), tensor(new double[] { 1, 0, 1 }), 1.5);
        var mixed = new Mixup { Alpha = 1 }.Apply(zeros(3, 1, 2, 2), targets, new Random(4)).Targets;
        var (yes, shares) = (mixed.Probabilities, mixed.LabelledShares!);
        var expected = Mean((i, k) => -1.5 * (yes[i, k].item<double>() * Math.Log(Sigmoid(_students[i][k]))
            + (shares[i].item<double>() - yes[i, k].item<double>()) * Math.Log(1 - Sigmoid(_students[i][k]))));
        Assert.Contains(Enumerable.Range(0, 3), row => shares[row].item<double>() is > 0.01 and < 0.99);
        Assert.Equal(expected, Value(new BinaryCrossEntropy(), mixed), 1e-6);
    }

    [Theory]
    [MemberData(nameof(ObjectiveCases.Names), MemberType = typeof(ObjectiveCases))]
    public void Others_refuse_samples_that_may_have_several(string name)
    {
        using var scope = NewDisposeScope();
        var objective = ObjectiveCases.All[name];
        if (objective.TakesSeveralLabels)
        {
            Assert.False(objective.TakesOneLabel);
            return;
        }

        using var states = Evaluation.States(objective, Classes, ScalarType.Float64);
        using var log = new LossLog();
        var input = Evaluation.Input(Matrix(_students), Targets.FromIndicators(Matrix(_has)), Matrix(_teachers), log, states);
        Assert.Equal(
            $"{objective.GetType().Name} takes one class a sample, but the samples may have several labels; use BinaryCrossEntropy.",
            Assert.Throws<InvalidOperationException>(() => objective.Compute(input)).Message);
    }

    [Fact]
    public void Numbers_that_are_no_yes_or_no_are_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(
            "labels must be floating point within [0, 1], one number a class, but are Float64 with others. (Parameter 'labels')",
            Assert.Throws<ArgumentException>(() => new BinaryCrossEntropy().Evaluate(Matrix(_students), Matrix(_teachers))).Message);
        Assert.Equal(
            "PositiveWeights must have one number a class, 3, but has 2.",
            Assert.Throws<InvalidOperationException>(() =>
                new BinaryCrossEntropy { PositiveWeights = [1, 2] }.Evaluate(Matrix(_students), Matrix(_has))).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new BinaryCrossEntropy { PositiveWeights = [1, 0] });
        Assert.Throws<ArgumentOutOfRangeException>(() => new BinaryKd { Temperature = 0 });
    }

    private static double Value(Objective objective) => Value(objective, Targets.FromIndicators(Matrix(_has)));

    private static double Value(Objective objective, Targets targets)
    {
        using var log = new LossLog();
        var input = new ObjectiveInput(
            new NetworkOutput(Matrix(_students)), targets, new TeacherSignal(Matrix(_teachers)), new TrainingProgress(0, 1, 0), log);
        return objective.Compute(input).item<double>();
    }

    private static double Value(Objective objective, double[] weights)
    {
        using var log = new LossLog();
        return objective.Compute(Input(Matrix(_students), weights, log)).item<double>();
    }

    private static ObjectiveInput Input(Tensor student, double[] weights, LossLog log) => new(
        new NetworkOutput(student), Targets.FromIndicators(Matrix(_has)), new TeacherSignal(Matrix(_teachers)),
        new TrainingProgress(0, 1, 0), log)
    {
        PositiveWeights = weights,
    };

    private static double Mean(Func<int, int, double> value) =>
        Enumerable.Range(0, 3).Average(i => Enumerable.Range(0, Classes).Average(k => value(i, k)));

    private static double Sigmoid(double z) => 1 / (1 + Math.Exp(-z));

    private static Tensor Matrix(double[][] rows) => LogitBatch.ToTensor(rows);
}
