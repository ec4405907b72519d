using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>What several replicas cannot run together is refused by all of them, before the first batch, with what to do instead.</summary>
public sealed class ReplicaPlanTests
{
    private static readonly TrainingPlan _plan = new() { BatchSize = 8, MaxEpochs = 1, Seed = 3 };

    [Fact]
    public void An_objective_that_relates_samples_is_refused_by_its_name()
    {
        var message = Refuse(_plan with { Objective = 0.5 * new CrossEntropy() + 2 * new Dist(), Teacher = new VirtualTeacher() });
        Assert.StartsWith("Dist { Beta = 1, ", message, StringComparison.Ordinal);
        Assert.EndsWith(
            " needs the whole batch at once, but 2 replicas see a part of it each; use another objective, or train in one process (leave "
                + "Replicas out).",
            message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_linear_probe_is_refused() => Assert.Equal(
        "LinearProbe fits the head in one process, but the plan has 2 replicas; leave one of them out.",
        Refuse(_plan with { LinearProbe = new() }));

    [Fact]
    public void A_batch_that_is_not_enough_for_all_is_refused() => Assert.Equal(
        "BatchSize is 1, but the plan has 2 replicas, which share each batch; expected 2 or more.", Refuse(_plan with { BatchSize = 1 }));

    [Fact]
    public void Fewer_rows_than_replicas_are_refused() => Assert.Equal(
        "The plan has 3 replicas, which share the training rows, but there are 2; expected one row each at least.",
        Refuse(_plan, count: 3, rows: 2));

    /// <summary>Two processes of one program may still differ: in a seed that each draws for itself, say.</summary>
    [Fact]
    public void Another_plan_than_that_of_the_first_is_refused_by_the_line_that_differs()
    {
        var messages = Messages(2, replicas => _plan with { Seed = 3 + replicas.Rank }, 16);
        Assert.Equal("Another process of the run refused it, and says why; this one would have gone on.", messages[0]);
        Assert.Equal(
            "The replicas must run one plan on the same rows, but that of rank 0 has 'Seed: 3', and this one 'Seed: 4'.", messages[1]);
    }

    [Fact]
    public void Other_rows_than_those_of_the_first_are_refused()
    {
        var messages = Messages(2, _ => _plan, rows: 16, more: 1);
        Assert.Equal(
            "The replicas must run one plan on the same rows, but that of rank 0 has 'Rows: 16 and 0', and this one 'Rows: 17 and 0'.",
            messages[1]);
    }

    [Fact]
    public void How_many_there_are_makes_no_other_plan() => Assert.All(
        ThreadReplicas.Run(2, replicas => (_plan with { Replicas = replicas }).TryIdentify()),
        identity => Assert.Equal(_plan.TryIdentify(), identity.Result));

    private static string Refuse(TrainingPlan plan, int count = 2, int rows = 16) => Messages(count, _ => plan, rows).Distinct().Single();

    private static string[] Messages(int count, Func<Replicas, TrainingPlan> planOf, int rows, int more = 0) =>
        Array.ConvertAll(
            ThreadReplicas.Run(count, replicas =>
            {
                var trainer = new Trainer(planOf(replicas) with { Replicas = replicas });
                var training = PatternSource.Create(rows + more * replicas.Rank);
                using var student = trainer.CreateStudent(new SmallCnn { InputShape = training.Shape, Width = 4 }, 4);
                return trainer.Run(student, training);
            }),
            outcome => Assert.IsType<InvalidOperationException>(outcome.Exception).Message);
}
