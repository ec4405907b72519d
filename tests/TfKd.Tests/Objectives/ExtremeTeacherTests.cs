using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Teachers that give a class probability 0 or 1, right or wrong, in logits as far apart as 10000 or infinity.</summary>
public sealed class ExtremeTeacherTests
{
    public static TheoryData<string, int> Cases
    {
        get
        {
            TheoryData<string, int> cases = [];
            foreach (var classes in (int[])[2, 3])
            {
                foreach (var objective in ObjectiveCases.For(classes).Where(one => one.Needs.HasFlag(ObjectiveNeeds.Teacher)))
                    cases.Add(objective.ToString(), classes);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Value_and_gradient_are_finite(string name, int classes)
    {
        using var scope = NewDisposeScope();
        foreach (var type in (ScalarType[])[ScalarType.Float32, ScalarType.Float64])
        {
            foreach (var low in (double[])[-1e4, double.NegativeInfinity])
            {
                foreach (var studentGap in (double[])[0, 1, 1e4, -1e4])
                    AssertFinite(ObjectiveCases.All[name], classes, low, studentGap, type);
            }
        }
    }

    /// <summary>
    /// Each objective's answer where the teacher is sure of the row's class is the limit of its answers, not only some number.
    /// </summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void A_teacher_sure_of_the_label_says_the_same_however_large_the_gap(string name, int classes)
    {
        var batch = LogitBatch.Random(seed: classes, rows: 3, classes);
        double Value(
            double low) =>
                (batch with { Teacher = [.. batch.Labels.Select(label => Row(label, classes, low))] }).Value(ObjectiveCases.All[name]);

        Assert.Equal(Value(-1e3), Value(-1e4), 1e-8);
        Assert.Equal(Value(-1e3), Value(double.NegativeInfinity), 1e-8);
    }

    private static void AssertFinite(Objective objective, int classes, double low, double studentGap, ScalarType type)
    {
        // Every pair of the row's class and the teacher's.
        var pairs = (from label in Enumerable.Range(0, classes) from taught in Enumerable.Range(0, classes) select (label, taught)).ToArray();
        var student = LogitBatch.ToTensor([.. pairs.Select(pair => Row(pair.label, classes, -studentGap))], type).requires_grad_();
        var teacher = LogitBatch.ToTensor([.. pairs.Select(pair => Row(pair.taught, classes, low))], type);

        var value = objective.Evaluate(student, tensor(pairs.Select(pair => (long)pair.label).ToArray()), teacher);
        value.backward();

        Assert.True(isfinite(value).item<bool>(), $"{objective} of a student's gap {studentGap} and a teacher's low {low} is "
            + $"{value.to(ScalarType.Float64).item<double>()} in {type}.");
        Assert.True(isfinite(student.grad!).all().item<bool>(), $"{objective} of a student's gap {studentGap} and a teacher's low {low} "
            + $"has a gradient that is no number in {type}.");
    }

    private static double[] Row(int high, int classes, double low) => [.. Enumerable.Range(0, classes).Select(k => k == high ? 0 : low)];
}
