namespace TfKd.Tests;

/// <summary>More epochs in the folder of a finished run.</summary>
public sealed class MoreEpochsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-more-").FullName;

    private TrainingPlan Plan => BrokenRun.Plan with { CheckpointDirectory = _directory, Schedule = new ConstantSchedule() };

    public static TheoryData<LearningRateSchedule> Free =>
        [new ConstantSchedule(), new StepSchedule { Milestones = [1, 3] }, new RepeatedSchedule { Epochs = 2 },
            new WarmUpSchedule { Inner = new ConstantSchedule() }];

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [MemberData(nameof(Free))]
    public void They_follow_where_the_schedule_does_not_depend_on_their_number(LearningRateSchedule schedule)
    {
        var plan = Plan with { Schedule = schedule };
        var (unbroken, expected) = BrokenRun.Run(plan with { MaxEpochs = 4, CheckpointDirectory = null });
        BrokenRun.Run(plan with { MaxEpochs = 2 });

        var (weights, result) = BrokenRun.Run(plan with { MaxEpochs = 4 });

        Assert.Equal(unbroken, weights);
        Assert.Equal(expected.History.Select(epoch => epoch.Validation), result.History.Select(epoch => epoch.Validation));
    }

    [Fact]
    public void A_schedule_that_depends_on_it_is_refused_with_the_step()
    {
        BrokenRun.Run(Plan with { Schedule = new CosineSchedule(), MaxEpochs = 2 });
        var message = Refusal(Plan with { Schedule = new CosineSchedule(), MaxEpochs = 4 });
        Assert.Contains("They differ in\nTrainingPlan.MaxEpochs: 2 there, 4 here\n", message, StringComparison.Ordinal);
        Assert.EndsWith(
            "The learning rate depends on the number of epochs: with CosineSchedule { FinalFactor = 0 }, step 1 of epoch 1 had 0.04878 of "
                + "2 epochs, and has 0.04969 of 4.",
            message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Fewer_epochs_are_refused()
    {
        BrokenRun.Run(Plan with { MaxEpochs = 2 });
        Assert.EndsWith("A run cannot get shorter than it was planned.", Refusal(Plan with { MaxEpochs = 1 }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_ramp_over_the_run_is_refused_and_one_of_its_own_length_is_not()
    {
        var ramp = new Ramped { Inner = new CrossEntropy(), From = 0.5 };
        BrokenRun.Run(Plan with { MaxEpochs = 2, Objective = ramp });
        Assert.EndsWith(
            "may depend on the number of epochs.", Refusal(Plan with { MaxEpochs = 3, Objective = ramp }), StringComparison.Ordinal);

        var plan = Plan with { CheckpointDirectory = Path.Combine(_directory, "fixed"), Objective = ramp with { Epochs = 3 } };
        BrokenRun.Run(plan with { MaxEpochs = 2 });
        Assert.Equal(3, BrokenRun.Run(plan with { MaxEpochs = 3 }).Result.History.Count);
    }

    [Fact]
    public void A_teacher_of_as_many_epochs_is_refused_before_it_is_trained_and_the_run_stays()
    {
        var plan = Plan with
        {
            MaxEpochs = 2,
            Objective = new KnowledgeDistillation(),
            Teacher = new TrainedTeacher(BrokenRun.Network),
        };
        var (weights, _) = BrokenRun.Run(plan);
        const string Kept =
            "A teacher of other epochs would be another one, and the run that it taught in lost; the checkpoints stay as they are.";
        Assert.EndsWith(Kept, Refusal(plan with { MaxEpochs = 4 }), StringComparison.Ordinal);
        Assert.EndsWith(
            Kept, Refusal(plan with { Teacher = new TrainedTeacher(BrokenRun.Network) { Epochs = 3 } }), StringComparison.Ordinal);
        Assert.Equal(weights, BrokenRun.Run(plan).Weights);
        // Also from the checkpoint before, where the newest is gone.
        File.Delete(Path.Combine(_directory, "checkpoint.safetensors"));
        Assert.EndsWith(Kept, Refusal(plan with { MaxEpochs = 4 }), StringComparison.Ordinal);
        Assert.Equal(weights, BrokenRun.Run(plan).Weights);

        var own = plan with
        {
            CheckpointDirectory = Path.Combine(_directory, "own"),
            Teacher = new TrainedTeacher(BrokenRun.Network) { Epochs = 1 },
        };
        BrokenRun.Run(own);
        Assert.Equal(4, BrokenRun.Run(own with { MaxEpochs = 4 }).Result.History.Count);
    }

    private static string Refusal(TrainingPlan plan) => Assert.Throws<InvalidOperationException>(() => BrokenRun.Run(plan)).Message;
}
