namespace TfKd.Tests;

public sealed class ScheduleTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(59.99, 1)]
    [InlineData(60, 1)]
    [InlineData(60.01, 0.2)]
    [InlineData(120.5, 0.04)]
    [InlineData(199, 0.008)]
    public void Steps_multiply_at_each_milestone(double epoch, double factor) =>
        Assert.Equal(factor, new StepSchedule().Factor(epoch, 200), 12);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void The_last_step_before_a_milestone_has_the_rate_of_its_epoch(int stepsAnEpoch)
    {
        var plan = new TrainingPlan { Optimizer = new Sgd { LearningRate = 0.1 }, Schedule = new StepSchedule(), MaxEpochs = 200 };
        Assert.Equal(0.1, plan.RateOf(59, stepsAnEpoch - 1, stepsAnEpoch), 1e-12);
        Assert.Equal(0.02, plan.RateOf(60, 0, stepsAnEpoch), 1e-12);
        plan = plan with { Schedule = new ExponentialSchedule { Staircase = true, Gamma = 0.5, Epochs = 3 } };
        Assert.Equal(0.1, plan.RateOf(2, stepsAnEpoch - 1, stepsAnEpoch), 1e-12);
        Assert.Equal(0.05, plan.RateOf(3, 0, stepsAnEpoch), 1e-12);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(5, 0.5)]
    [InlineData(10, 0)]
    public void Cosine_falls_from_one_to_zero(double epoch, double factor) =>
        Assert.Equal(factor, new CosineSchedule().Factor(epoch, 10), 12);

    [Fact]
    public void Cosine_ends_at_its_final_factor() => Assert.Equal(0.1, new CosineSchedule { FinalFactor = 0.1 }.Factor(10, 10), 12);

    [Fact]
    public void Warm_up_rises_linearly_and_then_follows()
    {
        var schedule = new WarmUpSchedule { Inner = new ConstantSchedule(), Epochs = 2 };
        Assert.Equal([0, 0.25, 0.5, 1, 1], new[] { 0, 0.5, 1, 2, 9 }.Select(epoch => schedule.Factor(epoch, 10)));
    }

    [Fact]
    public void A_repeated_schedule_begins_anew_behind_the_end_of_each_pass()
    {
        var schedule = new RepeatedSchedule { Inner = new CosineSchedule(), Epochs = 4 };
        Assert.All(
            new[] { (0, 1), (2, 0.5), (4, 0), (6, 0.5), (8, 0), (10, 0.5) },
            expected => Assert.Equal(expected.Item2, schedule.Factor(expected.Item1, 12), 12));
        Assert.Equal(new CosineSchedule().Factor(0.5, 4), schedule.Factor(8.5, 12), 12);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1, 0.969536, 1)]
    [InlineData(2, 0.94, 1)]
    [InlineData(2.5, 0.925569, 0.94)]
    [InlineData(5, 0.856682, 0.8836)]
    public void Exponential_falls_by_one_factor_a_period(double epoch, double evenly, double inSteps)
    {
        Assert.Equal(evenly, new ExponentialSchedule().Factor(epoch, 10), 5);
        Assert.Equal(inSteps, new ExponentialSchedule { Staircase = true }.Factor(epoch, 10), 12);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(5, 0.5, 0.325)]
    [InlineData(10, 0, 0.1)]
    [InlineData(11, 0, 0.1)]
    public void Polynomial_falls_as_a_power_of_what_is_left(double epoch, double line, double square)
    {
        Assert.Equal(line, new PolynomialSchedule().Factor(epoch, 10), 12);
        Assert.Equal(square, new PolynomialSchedule { Power = 2, FinalFactor = 0.1 }.Factor(epoch, 10), 12);
    }

    [Theory]
    [InlineData(0, 0.04)]
    [InlineData(15, 0.52)]
    [InlineData(30, 1)]
    [InlineData(65, 0.500002)]
    [InlineData(100, 0.000004)]
    public void One_cycle_rises_and_falls(double epoch, double factor) =>
        Assert.Equal(factor, new OneCycleSchedule().Factor(epoch, 100), 12);

    [Fact]
    public void One_cycle_may_only_rise_or_only_fall()
    {
        Assert.Equal([0.04, 0.52, 1], new[] { 0, 5, 10 }.Select(epoch => Math.Round(Only(1).Factor(epoch, 10), 12)));
        Assert.Equal([1, 0.5, 0], new[] { 0, 5, 10 }.Select(epoch => Math.Round(Only(0).Factor(epoch, 10), 12)));

        static OneCycleSchedule Only(double part) => new() { RisingPart = part, FinalFactor = 0 };
    }

    [Fact]
    public void Schedules_are_values()
    {
        Assert.Equal(new StepSchedule { Milestones = [1, 2] }, new StepSchedule { Milestones = [1, 2] });
        Assert.NotEqual(new StepSchedule { Milestones = [1, 2] }, new StepSchedule { Milestones = [1, 3] });
        Assert.Equal("StepSchedule { Milestones = [60, 120, 160], Gamma = 0.2 }", new StepSchedule().ToString());
    }

    [Fact]
    public void Milestones_out_of_order_are_refused() => Assert.Equal(
        "Milestones must be above 0 and ascending, but are [60, 60]. (Parameter 'Milestones')",
        Assert.Throws<ArgumentException>(() => new StepSchedule { Milestones = [60, 60] }).Message);
}
