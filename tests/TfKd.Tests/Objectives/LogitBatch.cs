using FsCheck;
using FsCheck.Fluent;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Student's and teacher's logits and labels in plain numbers.</summary>
public sealed record LogitBatch(double[][] Student, double[][] Teacher, int[] Labels)
{
    public int Rows => Student.Length;

    public int Classes => Student[0].Length;

    public static LogitBatch Random(int seed, int rows, int classes, double scale = 3)
    {
        var random = new Random(seed);
        double[][] Logits() =>
            [
                .. Enumerable
                    .Range(0, rows)
                    .Select(_ => Enumerable.Range(0, classes).Select(_ => scale * (2 * random.NextDouble() - 1)).ToArray()),
            ];
        return new(Logits(), Logits(), [.. Enumerable.Range(0, rows).Select(_ => random.Next(classes))]);
    }

    public static Tensor ToTensor(double[][] rows, ScalarType type =
        ScalarType.Float64) => tensor(rows.SelectMany(row => row).ToArray(), [rows.Length, rows[0].Length], type);

    public Tensor LabelTensor() => tensor(Labels.Select(label => (long)label).ToArray());

    public LogitBatch Reordered(IReadOnlyList<int> order) =>
        new([.. order.Select(i => Student[i])], [.. order.Select(i => Teacher[i])], [.. order.Select(i => Labels[i])]);

    /// <summary>The objective's value in float64; what partners would say is what the teacher says.</summary>
    public double Value(Objective objective)
    {
        using var scope = NewDisposeScope();
        return objective.Evaluate(ToTensor(Student), LabelTensor(), ToTensor(Teacher), ToTensor(Teacher)).item<double>();
    }

    /// <summary>The objective's value and the student's gradient in float64.</summary>
    public (double Value, double[][] Gradient) ValueAndGradient(Objective objective)
    {
        using var scope = NewDisposeScope();
        var student = ToTensor(Student).requires_grad_();
        var value = objective.Evaluate(student, LabelTensor(), ToTensor(Teacher), ToTensor(Teacher));
        value.backward();
        return (value.item<double>(), [.. student.grad!.data<double>().ToArray().Chunk(Classes)]);
    }

    public override string ToString() =>
        $"{Rows} rows of {Classes} classes, labels {string.Join(' ', Labels)}, student's first row {string.Join(' ', Student[0].Take(5))}";
}

/// <summary>Batches for FsCheck: one to six rows, two to a hundred classes, from almost equal to very sure logits.</summary>
public static class LogitBatches
{
    public static Arbitrary<LogitBatch> Batches() =>
        (from seed in Gen.Choose(0, int.MaxValue - 1)
         from rows in Gen.Choose(1, 6)
         from classes in Gen.Elements(2, 3, 5, 10, 100)
         from scale in Gen.Elements(0.01, 1.0, 5.0, 40.0)
         select LogitBatch.Random(seed, rows, classes, scale)).ToArbitrary();
}
