using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class TargetFreeSelfKdTests
{
    // Answers of the student and of the earlier classifier; the classes are 0 and 1.
    private static readonly double[][] _student = [[0.5, 0.3, 0.2], [0.25, 0.6, 0.15]];
    private static readonly double[] _early = [0.1, 0.2, 0.7];

    /// <summary>Mean of s_c^2: (0.25 + 0.36) / 2 = 0.305; factors 1.25 - 0.305 and 1.36 - 0.305.</summary>
    [Fact]
    public void Target_term_is_as_by_hand() =>
        Assert.Equal((-0.945 * Math.Log(0.5) - 1.055 * Math.Log(0.6)) / 2, Value(new() { Alpha = 1, Beta = 0, Mu = 0 }), 1e-12);

    /// <summary>
    /// Row 0: class 1 has 0.2 / 0.9 + 0.3 / 0.5 = 0.82 and class 2 has 0.7 / 0.9 + 0.2 / 0.5 = 1.18. Row 1: class 0 has 0.1 / 0.8 + 0.25 /
    /// 0.4 = 0.75 and class 2 has 0.7 / 0.8 + 0.15 / 0.4 = 1.25. Class 2 is first in both: 1 and 1/2, divided by 3/2.
    /// </summary>
    [Fact]
    public void Non_target_term_is_as_by_hand() => Assert.Equal(
        -(Math.Log(0.6) / 3 + 2 * Math.Log(0.4) / 3 + Math.Log(0.625) / 3 + 2 * Math.Log(0.375) / 3) / 2,
        Value(new() { Alpha = 0, Beta = 1, Mu = 0 }),
        1e-12);

    /// <summary>
    /// With logarithms: row 0 has -0.30 for its own class 0, -0.49 for 1 and -0.17 for 2: ranks 3 and 1, shares 1/4 and 3/4. Row 1 has
    /// -0.79 for 0, -0.09 for its own class 1 and -0.38 for 2: ranks 3 and 2, shares 2/5 and 3/5.
    /// </summary>
    [Fact]
    public void Non_target_term_of_the_reference_code_is_as_by_hand() => Assert.Equal(
        -(Math.Log(0.6) / 4 + 3 * Math.Log(0.4) / 4 + 2 * Math.Log(0.625) / 5 + 3 * Math.Log(0.375) / 5) / 2,
        Value(new() { Alpha = 0, Beta = 1, Mu = 0, Ranking = TargetFreeSelfKdRanking.ReferenceCode }),
        1e-12);

    [Fact]
    public void Weak_term_is_as_by_hand()
    {
        var all = (Math.Log(0.1) + Math.Log(0.2) + Math.Log(0.7)) / 30;

        Assert.Equal(-(0.9 * Math.Log(0.1) + all + 0.9 * Math.Log(0.2) + all) / 2, Value(new() { Alpha = 0, Beta = 0, Mu = 1 }), 1e-12);
    }

    [Fact]
    public void Two_classes_leave_nothing_to_rank()
    {
        using var scope = NewDisposeScope();
        var objective = new TargetFreeSelfKd { Alpha = 0, Mu = 0, Beta = 1 };
        var logits = tensor([1.0, -2, 0.5, 3], [2, 2]).requires_grad_();

        var value = Evaluation.Of(objective, logits, tensor([0L, 0L]));
        value.backward();

        Assert.Equal(0, value.item<double>());
        Assert.Equal([0, 0, 0, 0], logits.grad!.data<double>().ToArray());
    }

    private static double Value(TargetFreeSelfKd objective)
    {
        using var scope = NewDisposeScope();
        using var log = new LossLog();
        using var states = ObjectiveStates.Create(objective, new ObjectiveContext(3, CPU) { StudentStages = [new(2, 1, 1), new(4, 1, 1)] });
        var state = states.Find(objective)!.to(ScalarType.Float64);
        using (no_grad())
        {
            state.parameters().Single(parameter => parameter.dim() == 2).zero_();
            state.parameters().Single(parameter => parameter.dim() == 1).copy_(tensor([.. _early.Select(p => Math.Log(p))]));
        }

        var student = new NetworkOutput(LogitBatch.ToTensor([.. _student.Select(row => row.Select(p => Math.Log(p)).ToArray())]))
        {
            Features = [ones(2, 2, 3, 3, ScalarType.Float64), ones(2, 4, 1, 1, ScalarType.Float64)],
        };
        return objective
            .Compute(new ObjectiveInput(
                student, Targets.FromLabels(tensor([0L, 1L]), 3), null, new TrainingProgress(0, 1, 0), log)
            { States = states })
            .item<double>();
    }
}
