using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class RampedTests
{
    private static readonly Ramped _default = new() { Inner = new CrossEntropy() };

    public static TheoryData<Ramped, int, double[]> Factors => new()
    {
        // To the end of the run: t / E.
        { _default, 4, [0.25, 0.5, 0.75, 1] },
        { _default, 1, [1] },
        { _default with { From = 1, To = 0.2 }, 4, [0.8, 0.6, 0.4, 0.2] },
        // Over a number of epochs, then at To.
        { _default with { Epochs = 2 }, 4, [0.5, 1, 1, 1] },
        { _default with { Epochs = 1 }, 3, [1, 1, 1] },
        { _default with { Epochs = 8 }, 4, [0.125, 0.25, 0.375, 0.5] },
        // At From before it starts.
        { _default with { StartEpoch = 1 }, 5, [0, 0.25, 0.5, 0.75, 1] },
        { _default with { StartEpoch = 2, Epochs = 2, From = 2, To = 4 }, 6, [2, 2, 3, 4, 4, 4] },
        // A run that ends before the ramp begins.
        { _default with { StartEpoch = 3, From = 0.5 }, 3, [0.5, 0.5, 0.5] },
        { _default with { StartEpoch = 1, From = 0.5 }, 1, [0.5] },
        { _default with { StartEpoch = int.MaxValue, Epochs = int.MaxValue }, 2, [0, 0] },
    };

    [Theory]
    [MemberData(nameof(Factors), DisableDiscoveryEnumeration = true)]
    public void Factor_of_each_epoch_is_as_stated(Ramped ramped, int maxEpochs, double[] expected) =>
        AssertSchedule(expected, ramped, maxEpochs);

    /// <summary>A run resumed with fewer epochs than it has behind it.</summary>
    [Fact]
    public void An_epoch_past_the_end_of_the_run_has_the_last_factor() =>
        Assert.Equal(1, _default.FactorAt(new TrainingProgress(9, 4, 0)));

    [Fact]
    public void Progressive_refinement_weighs_its_teacher_by_the_epoch_counted_from_one()
    {
        const double Last = 0.8;
        AssertSchedule(Enumerable.Range(1, 300).Select(t => Last * t / 300), new Ramped { Inner = new SoftTargetKl(), To = Last }, 300);
        AssertSchedule(
            Enumerable.Range(1, 300).Select(t => 1 - Last * t / 300),
            new Ramped { Inner = new CrossEntropy(), From = 1, To = 1 - Last },
            300);
    }

    [Fact]
    public void Warm_up_of_decoupled_kd_is_written_for_epochs_from_one_and_from_zero()
    {
        var ramped = new Ramped { Inner = new DecoupledKd(), Epochs = 20 };

        AssertSchedule(Enumerable.Range(1, 240).Select(epoch => Math.Min(epoch / 20.0, 1)), ramped, 240);
        AssertSchedule(Enumerable.Range(0, 240).Select(epoch => Math.Min(epoch / 20.0, 1)), ramped with { StartEpoch = 1 }, 240);
    }

    /// <summary>Both loops of the authors' code: the one divides by the last index, the other by the number of epochs.</summary>
    [Fact]
    public void Weight_of_max_suppression_is_written_in_both_ways_of_counting()
    {
        var ramped = new Ramped { Inner = new MaxSuppression(), From = 0.1, To = 0.2, StartEpoch = 1 };

        AssertSchedule(Enumerable.Range(0, 300).Select(epoch => 0.1 + epoch * 0.1 / 299), ramped, 300);
        AssertSchedule(Enumerable.Range(0, 90).Select(epoch => 0.1 + 0.1 * epoch / 90), ramped with { Epochs = 90 }, 90);
    }

    [Fact]
    public void Value_and_gradient_are_those_of_the_inner_objective_times_the_factor()
    {
        using var scope = NewDisposeScope();
        var batch = LogitBatch.Random(seed: 1, rows: 3, classes: 4);
        var inner = new KnowledgeDistillation();
        var (value, gradient) = batch.ValueAndGradient(inner);
        foreach (var (epoch, factor) in (ReadOnlySpan<(int, double)>)[(0, -1), (1, 0), (2, 1)])
        {
            var student = LogitBatch.ToTensor(batch.Student).requires_grad_();

            var ramped = Compute(
                new Ramped { Inner = inner, From = -1, To = 1, StartEpoch = 1 }, student, batch, new TrainingProgress(epoch, 3, 7));
            ramped.backward();

            Assert.Equal(factor * value, ramped.item<double>(), 1e-12);
            Assert.All(student.grad!.data<double>().ToArray().Zip(gradient.SelectMany(row =>
                row)), pair => Assert.Equal(factor * pair.Second, pair.First, 1e-12));
        }
    }

    /// <summary>Cross entropy with the target (1 - a) q + a p^t, less the part of it that no student can change.</summary>
    [Fact]
    public void Two_ramps_are_the_cross_entropy_with_a_refined_target()
    {
        using var scope = NewDisposeScope();
        var batch = LogitBatch.Random(seed: 2, rows: 3, classes: 4);
        var objective = new Ramped { Inner = new CrossEntropy(), From = 1, To = 0.2 } + new Ramped { Inner = new SoftTargetKl(), To = 0.8 };
        const double Weight = 0.8 * 3 / 10;
        var teacher = LogitBatch.ToTensor(batch.Teacher).softmax(1);
        var target = (1 - Weight) * nn.functional.one_hot(batch.LabelTensor(), 4).to(ScalarType.Float64) + Weight * teacher;
        var student = LogitBatch.ToTensor(batch.Student);
        var entropy = Divergences.CrossEntropy(teacher, teacher.log()).mean().item<double>();

        var expected = Divergences.CrossEntropy(target, Divergences.LogSoftmax(student)).mean().item<double>() - Weight * entropy;

        Assert.Equal(expected, Compute(objective, student, batch, new TrainingProgress(2, 10, 0)).item<double>(), 1e-12);
    }

    [Fact]
    public void Terms_are_recorded_without_the_factor()
    {
        using var scope = NewDisposeScope();
        using var log = new LossLog();
        var batch = LogitBatch.Random(seed: 3, rows: 3, classes: 4);

        Compute(_default, LogitBatch.ToTensor(batch.Student), batch, new TrainingProgress(0, 4, 0), log);

        Assert.Equal(batch.Value(new CrossEntropy()), log.Means["cross_entropy"], 1e-12);
    }

    [Fact]
    public void Length_is_part_of_the_text_and_of_equality()
    {
        var ramped = _default with { Epochs = 20 };

        Assert.Equal("Ramped { Inner = CrossEntropy { }, From = 0, To = 1, StartEpoch = 0, Epochs = 20 }", ramped.ToString());
        Assert.NotEqual(_default, ramped);
        Assert.Equal(ramped, _default with { Epochs = 20 });
    }

    private static void AssertSchedule(IEnumerable<double> expected, Ramped ramped, int maxEpochs)
    {
        var factors = Enumerable.Range(0, maxEpochs).Select(epoch => ramped.FactorAt(new TrainingProgress(epoch, maxEpochs, 0))).ToArray();

        Assert.Equal(expected.Count(), factors.Length);
        Assert.All(expected.Zip(factors), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }

    private static Tensor Compute(Objective objective, Tensor student, LogitBatch batch, TrainingProgress progress)
    {
        using var log = new LossLog();
        return Compute(objective, student, batch, progress, log);
    }

    private static Tensor Compute(Objective objective, Tensor student, LogitBatch batch, TrainingProgress progress, LossLog log) =>
        objective.Compute(new ObjectiveInput(
            new NetworkOutput(student), Targets.FromLabels(batch.LabelTensor(), batch.Classes), new TeacherSignal(LogitBatch.ToTensor(
                batch.Teacher)), progress, log));
}
