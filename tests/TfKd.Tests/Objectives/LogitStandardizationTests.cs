using FsCheck.Xunit;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class LogitStandardizationTests
{
    private static readonly LogitStandardization _objective = new() { Inner = new SoftTargetKl { Temperature = 2 } };

    /// <summary>Each row has a factor and a shift of its own; they are large enough for 1e-7 beside the deviation not to matter.</summary>
    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void Positive_factor_and_shift_of_either_sides_rows_change_nothing(LogitBatch batch)
    {
        if (batch.Classes < 3)
            return;
        var spread = batch with { Student = Moved(batch.Student, 1e4, 0), Teacher = Moved(batch.Teacher, 1e4, 0) };
        var expected = spread.Value(_objective);

        foreach (var moved in (LogitBatch[])[
            spread with { Student = Moved(spread.Student, 3, -20) },
            spread with { Teacher = Moved(spread.Teacher, 0.5, 7) },
        ])
            Assert.Equal(expected, moved.Value(_objective), 1e-5 * (1 + expected));
    }

    [Fact]
    public void Two_classes_are_refused()
    {
        var message = Assert.Throws<InvalidOperationException>(
            () => LogitBatch.Random(seed: 1, rows: 3, classes: 2).Value(0.1 * new CrossEntropy() + _objective)).Message;
        Assert.StartsWith("LogitStandardization needs at least 3 classes, but there are 2", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_negative_factor_changes_it()
    {
        var batch = LogitBatch.Random(seed: 1, rows: 3, classes: 5);

        Assert.NotEqual(batch.Value(_objective), (batch with { Teacher = Moved(batch.Teacher, -1, 0) }).Value(_objective), 1e-3);
    }

    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void Inner_sees_rows_of_mean_zero_and_deviation_one(LogitBatch batch)
    {
        if (batch.Classes < 3)
            return;
        var seen = new Recorder();

        (batch with
        {
            Student = Moved(batch.Student, 1e4, 3),
            Teacher = Moved(batch.Teacher, 1e4, 5),
        }).Value(new LogitStandardization { Inner = seen });

        Assert.Equal(2 * batch.Rows, seen.Rows.Count);
        Assert.All(seen.Rows, row =>
        {
            Assert.Equal(0, row.Sum(), 1e-9);
            Assert.Equal(1, Math.Sqrt(row.Sum(z => z * z) / (row.Length - 1)), 1e-4);
        });
    }

    [Fact]
    public void Everything_else_of_the_input_is_passed_on()
    {
        using var scope = NewDisposeScope();
        using var log = new LossLog();
        var batch = LogitBatch.Random(seed: 2, rows: 2, classes: 3);
        var input = new ObjectiveInput(
            new NetworkOutput(LogitBatch.ToTensor(batch.Student)),
            Targets.FromLabels(batch.LabelTensor(), batch.Classes),
            new TeacherSignal(LogitBatch.ToTensor(batch.Teacher)),
            new TrainingProgress(3, 7, 100),
            log);
        var seen = new Recorder();

        new LogitStandardization { Inner = seen }.Compute(input);

        Assert.Equal(input, seen.Input! with { Student = input.Student, Teacher = input.Teacher });
    }

    /// <summary>The row's other logits become equal: the teacher says no more than which class it excludes.</summary>
    [Fact]
    public void A_teachers_logit_of_minus_infinity_is_the_limit_of_a_falling_one()
    {
        var excluded = new LogitBatch([[1, 2, 0.5, 0]], [[3, double.NegativeInfinity, 1, 2]], [0]);

        Assert.Equal((excluded with { Teacher = [[3, -1e12, 1, 2]] }).Value(_objective), excluded.Value(_objective), 1e-9);
    }

    [Fact]
    public void A_students_row_of_equal_logits_has_a_finite_value_and_gradient()
    {
        var (value, gradient) = new LogitBatch([[0.5, 0.5, 0.5]], [[3, 0, 1]], [0]).ValueAndGradient(_objective);

        Assert.True(double.IsFinite(value));
        Assert.All(gradient[0], slope => Assert.True(double.IsFinite(slope)));
    }

    private static double[][] Moved(double[][] logits, double factor, double shift) =>
        [.. logits.Select((row, i) => row.Select(z => factor * (i + 1) * z + shift * i).ToArray())];

    /// <summary>Keeps what it is given, and asks for a teacher.</summary>
    private sealed record Recorder : Objective
    {
        public List<double[]> Rows { get; } = [];

        public ObjectiveInput? Input { get; private set; }

        public override ObjectiveNeeds Needs => ObjectiveNeeds.Teacher;

        protected override Tensor ComputeCore(ObjectiveInput input)
        {
            Input = input;
            foreach (var logits in (Tensor[])[input.Student.Logits, input.RequireTeacher().Logits])
                Rows.AddRange(logits.data<double>().ToArray().Chunk((int)logits.shape[1]));
            return input.Student.Logits.sum();
        }
    }
}
