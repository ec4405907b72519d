namespace TfKd.Tests;

/// <summary>The learning rate of each step of a plan.</summary>
public sealed class StepRateTests
{
    private static readonly TrainingPlan _plan = new()
    {
        MaxEpochs = 2,
        Optimizer = new Sgd { LearningRate = 0.5 },
        Schedule = new CosineSchedule(),
    };

    [Fact]
    public void A_step_has_the_rate_of_its_end() => Assert.All(
        Enumerable.Range(0, 7), step => Assert.Equal(Half(step + 1), _plan.RateOf(step / 4, step % 4, 4)));

    [Fact]
    public void A_step_whose_end_has_rate_0_has_that_of_its_middle()
    {
        Assert.Equal(0, Half(8));
        Assert.Equal(Half(7.5), _plan.RateOf(1, 3, 4));
    }

    [Fact]
    public void A_schedule_of_0_alone_stays_at_0() => Assert.Equal(0, (_plan with { Schedule = new Still() }).RateOf(1, 3, 4));

    [Fact]
    public void A_run_of_one_step_learns()
    {
        var plan = new TrainingPlan { BatchSize = 48, MaxEpochs = 1, Seed = 5 };
        var result = WatchedRun.Run(plan);
        Assert.InRange(result.History[0].LearningRate, 0.001, plan.Optimizer.LearningRate);
    }

    // At a number of steps of eight.
    private static double Half(double steps) => 0.5 * new CosineSchedule().Factor(steps / 4, 2);

    private sealed record Still : LearningRateSchedule
    {
        public override double Factor(double epoch, int maxEpochs) => 0;
    }
}
