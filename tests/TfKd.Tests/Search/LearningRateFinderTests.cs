namespace TfKd.Tests;

public sealed class LearningRateFinderTests
{
    private static readonly IImageSource _training = PatternSource.Create(64);

    private static readonly NetworkArchitecture _network = new SmallCnn { InputShape = _training.Shape, Width = 4 };

    private static readonly TrainingPlan _plan = new() { BatchSize = 16, Optimizer = new Sgd { LearningRate = 0.123 }, Seed = 3 };

    [Fact]
    public void Rates_rise_by_one_factor_from_the_lowest_to_the_highest()
    {
        var curve = new LearningRateFinder { MinRate = 1e-5, MaxRate = 1e-3, Steps = 10 }.Run(_plan, _network, _training);
        Assert.Equal(10, curve.Points.Count);
        for (var step = 0; step < 10; step++)
            Assert.Equal(1e-5 * Math.Pow(100, step / 9.0), curve.Points[step].Rate, 1e-9);
        Assert.Equal(1e-5, curve.Points[0].Rate, 1e-12);
        Assert.Equal(1e-3, curve.Points[^1].Rate, 1e-12);
    }

    [Fact]
    public void The_smoothed_loss_is_the_running_mean_and_the_suggestion_a_tenth_of_its_lowest()
    {
        var curve = new LearningRateFinder { Steps = 60, MinRate = 1e-4, MaxRate = 1, Smoothing = 0.8 }.Run(_plan, _network, _training);
        var mean = 0.0;
        for (var step = 0; step < curve.Points.Count; step++)
        {
            mean = 0.8 * mean + 0.2 * curve.Points[step].Loss;
            Assert.Equal(mean / (1 - Math.Pow(0.8, step + 1)), curve.Points[step].Smoothed, 1e-12);
        }

        Assert.Equal(curve.Points.MinBy(point => point.Smoothed).Rate / 10, curve.Suggested);
        // The first step's loss is that of the network as it begins: of four classes, before anything is learnt.
        Assert.InRange(curve.Points[0].Loss, 1, 2);
        Assert.InRange(curve.Suggested, 1e-4, 0.1);
    }

    [Fact]
    public void A_loss_that_rises_ends_it()
    {
        var curve = new LearningRateFinder { MaxRate = 1e6, Steps = 80 }.Run(_plan, _network, _training);
        Assert.InRange(curve.Points.Count, 10, 79);
        Assert.InRange(curve.Suggested, 1e-6, 10);
    }

    [Fact]
    public void What_the_plan_has_for_a_whole_run_does_not_matter()
    {
        var finder = new LearningRateFinder { MinRate = 1e-5, MaxRate = 1e-2, Steps = 12 };
        var other = _plan with
        {
            Optimizer = new Sgd { LearningRate = 5 },
            Schedule = new StepSchedule(),
            MaxEpochs = 30,
            FakeQuantization = new FakeQuantization { FirstEpoch = 15 },
            CheckpointDirectory = "/nowhere/at/all",
            Callbacks = [new EarlyStopping()],
        };
        Assert.Equal(
            finder.Run(_plan, _network, _training).Points, finder.Run(other, _network, _training).Points);
    }

    [Fact]
    public void A_linear_probe_takes_none_of_the_steps()
    {
        var curve = new LearningRateFinder { MinRate = 1e-5, MaxRate = 1e-3, Steps = 10 }
            .Run(_plan with { LinearProbe = new LinearProbe() }, _network, _training);
        Assert.Equal(10, curve.Points.Count);
        Assert.Equal(1e-5, curve.Points[0].Rate, 1e-12);
        Assert.Equal(1e-3, curve.Points[^1].Rate, 1e-12);
    }

    [Fact]
    public void A_loss_below_0_that_falls_does_not_end_it()
    {
        var plan = _plan with { Objective = -1 * new LabelSmoothing() };
        var curve = new LearningRateFinder { MinRate = 1e-6, MaxRate = 1e-4, Steps = 20 }.Run(plan, _network, _training);
        Assert.Equal(20, curve.Points.Count);
        Assert.All(curve.Points, point => Assert.InRange(point.Loss, -10, -0.1));
    }

    [Fact]
    public void A_loss_below_0_that_rises_ends_it()
    {
        // The loss of a network that learns the labels, less a constant: below 0 at first, and high where the rates are.
        var plan = _plan with { Objective = new CrossEntropy() + -1 * new Constant { Value = 5 } };
        var curve = new LearningRateFinder { MaxRate = 1e6, Steps = 80 }.Run(plan, _network, _training);
        Assert.InRange(curve.Points[0].Loss, -5, -1);
        Assert.InRange(curve.Points.Count, 10, 79);
    }

    private sealed record Constant : Objective
    {
        public double Value { get; init; }

        public override ObjectiveNeeds Needs => ObjectiveNeeds.None;

        protected override TorchSharp.torch.Tensor ComputeCore(ObjectiveInput input) => 0 * input.Student.Logits.mean() + Value;
    }

    [Fact]
    public void An_epoch_for_the_head_may_have_as_many_steps_as_it_likes()
    {
        var training = PatternSource.Create(600);
        var curve = new LearningRateFinder { MinRate = 1e-7, MaxRate = 10, Steps = 10 }
            .Run(
                _plan with { BatchSize = 1, LinearProbe = new LinearProbe { Strengths = [1], MirroredImages = false } }, _network,
                training);
        Assert.Equal(1e-7, curve.Points[0].Rate, 1e-15);
        Assert.Equal(1e-7 * Math.Pow(1e8, 1 / 9.0), curve.Points[1].Rate, 1e-12);
    }

    [Fact]
    public void A_teacher_that_is_trained_first_is_trained_as_the_plan_says()
    {
        var plan = _plan with
        {
            MaxEpochs = 2,
            Schedule = new ConstantSchedule(),
            Objective = new KnowledgeDistillation(),
            Teacher = new Asking(new SelfTeacher(), []),
        };
        var curve = new LearningRateFinder { MaxRate = 1e3, Steps = 40 }.Run(plan, _network, _training);
        Assert.InRange(curve.Points.Count, 10, 40);
        var recipe = Assert.Single(((Asking)plan.Teacher).Recipes);
        Assert.Equal((plan.Optimizer, plan.Schedule), (recipe.Optimizer, recipe.Schedule));
    }

    [Fact]
    public void A_loss_that_falls_to_the_end_of_the_range_suggests_no_rate() => Assert.Equal(
        "Of 2 rates from 0.001 to 0.01 the loss is lowest at 0.01, where the range ends: it may go on falling, so try a higher MaxRate, "
            + "and look at the curve.",
        $"{new LearningRateCurve([new(1e-3, 2, 2), new(1e-2, 1, 1.5)])}");

    [Fact]
    public void The_curve_is_a_page()
    {
        var curve = new LearningRateCurve([new(1e-3, 2, 2), new(1e-2, 1, 1.5), new(1e-1, 3, 2.5)]);
        Assert.Equal("Of 3 rates from 0.001 to 0.1 the loss is lowest at 0.01; begin with 0.001.", $"{curve}");
        var page = new ReportPage(curve.ToHtml(), isText: true);
        page.RequireSelfContained();
        page.RequireAccessible();
        Assert.Equal(
            [["0.001", "2.0000", "2.0000"], ["0.01", "1.0000", "1.5000"], ["0.1", "3.0000", "2.5000"]],
            ReportPage.Cells(page.Section("curve").Descendants("table").Single()));
    }

    private sealed record Asking(TeacherSource Inner, List<TeacherRecipe> Recipes) : TeacherSource
    {
        public override IReadOnlyList<TeacherSource> Parts => [Inner];

        protected override Teacher OpenCore(TeacherContext context)
        {
            Recipes.Add(context.TeacherTraining!.StudentRecipe);
            return Inner.Open(context);
        }
    }

    [Fact]
    public void Impossible_settings_are_refused()
    {
        Assert.StartsWith(
            "Steps must be 10 or more, but is 9.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new LearningRateFinder { Steps = 9 }).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new LearningRateFinder { MinRate = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new LearningRateFinder { Smoothing = 1 });
        Assert.Equal(
            "MaxRate must be above MinRate, but is 1E-06, and MinRate is 1E-06.",
            Assert.Throws<InvalidOperationException>(() =>
                new LearningRateFinder { MaxRate = 1e-6 }.Run(_plan, _network, _training)).Message);
    }
}
