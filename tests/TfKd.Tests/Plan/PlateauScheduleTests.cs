namespace TfKd.Tests;

/// <summary>
/// The rates of PyTorch 1.13's ReduceLROnPlateau with threshold_mode='abs', as it printed them epoch by epoch; and the runs that use them.
/// </summary>
public sealed class PlateauScheduleTests : IDisposable
{
    private static readonly double[] _losses =
        [1.0, 0.8, 0.8, 0.79995, 0.8, 0.7, 0.71, 0.72, 0.73, 0.74, 0.6, 0.61, 0.62, 0.63, 0.64, 0.65];

    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-plateau-").FullName;

    public static TheoryData<PlateauSchedule, double[]> Printed => new()
    {
        {
            new PlateauSchedule { Patience = 1, Gamma = 0.5 },
            [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.125, 0.0625, 0.0625, 0.03125, 0.03125]
        },
        {
            new PlateauSchedule { Patience = 1, Gamma = 0.5, Cooldown = 2 },
            [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125, 0.125]
        },
        {
            new PlateauSchedule { Patience = 0, MinFactor = 0.05 },
            [1, 1, 1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05]
        },
    };

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [MemberData(nameof(Printed))]
    public void Rates_are_those_of_PyTorch(PlateauSchedule schedule, double[] rates)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        var history = History(_losses, loss => new ClassificationMetrics(8, 0.5, 1, loss, 0.1));
        Assert.Equal(rates, Enumerable.Range(0, history.Count + 1).Select(count => schedule.FactorAfter([.. history.Take(count)])), Equal);
    }

    [Fact]
    public void Higher_is_better_for_accuracy()
    {
        var schedule = new PlateauSchedule { Metric = ValidationMetric.Accuracy, Patience = 1, Gamma = 0.5, MinDelta = 0.02 };
        var history = History(
            [.1, .3, .30001, .3, .2, .4, .4, .4, .41, .41, .41], accuracy => new ClassificationMetrics(8, accuracy, 1, 1, 0.1));
        Assert.Equal(
            [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125],
            Enumerable.Range(0, history.Count + 1).Select(count => schedule.FactorAfter([.. history.Take(count)])), Equal);
    }

    [Fact]
    public void A_run_goes_by_it_and_a_resumed_one_alike()
    {
        // Nothing ever improves by so much: the rate falls after each epoch but the first.
        var plan = WatchedRun.Plan with
        {
            MaxEpochs = 4,
            Schedule = new PlateauSchedule
            {
                Patience = 0,
                Gamma = 0.5,
                MinDelta = 1000,
                Inner = new WarmUpSchedule { Inner = new ConstantSchedule() },
            },
        };
        var unbroken = WatchedRun.Run(plan);
        Assert.Equal([0.05, 0.05, 0.025, 0.0125], unbroken.History.Select(epoch => epoch.LearningRate), Equal);
        var kept = plan with { CheckpointDirectory = _directory };
        WatchedRun.RunAndCancel(kept, epoch: 2);
        var resumed = WatchedRun.Run(kept);
        Assert.Equal(
            unbroken.History.Select(epoch => (epoch.LearningRate, epoch.TrainingLoss)),
            resumed.History.Select(epoch => (epoch.LearningRate, epoch.TrainingLoss)));
    }

    [Fact]
    public void More_epochs_go_on_from_where_fewer_ended()
    {
        var plan = WatchedRun.Plan with
        {
            MaxEpochs = 2,
            Schedule = new PlateauSchedule { Patience = 0, Gamma = 0.5, MinDelta = 1000 },
            CheckpointDirectory = _directory,
        };
        WatchedRun.Run(plan);
        Assert.Equal(
            [0.05, 0.05, 0.025], WatchedRun.Run(plan with { MaxEpochs = 3 }).History.Select(epoch => epoch.LearningRate), Equal);
    }

    [Fact]
    public void Without_validation_rows_it_is_refused()
    {
        var plan = WatchedRun.Plan with { Schedule = new PlateauSchedule() };
        Assert.Equal(
            "PlateauSchedule watches the validation rows, but the run has none; give a validation set or use another schedule.",
            Assert.Throws<InvalidOperationException>(() => WatchedRun.Run(plan, validate: false)).Message);
    }

    [Fact]
    public void Within_another_schedule_it_is_refused()
    {
        foreach (var schedule in (LearningRateSchedule[])
            [
                new WarmUpSchedule { Inner = new PlateauSchedule() }, new RepeatedSchedule { Inner = new PlateauSchedule() },
                new PlateauSchedule { Inner = new WarmUpSchedule { Inner = new PlateauSchedule() } },
            ])
        {
            Assert.Equal(
                "A PlateauSchedule must be the Schedule itself, but is within another one; let it have that as its Inner.",
                Assert.Throws<InvalidOperationException>(() => WatchedRun.Run(WatchedRun.Plan with { Schedule = schedule })).Message);
        }
    }

    private static bool Equal(double left, double right) => Math.Abs(left - right) < 1e-12;

    private static List<EpochMetrics> History(IEnumerable<double> values, Func<double, ClassificationMetrics> metrics) =>
        [.. values.Select((value, epoch) => MadeEpoch.Of(epoch, metrics(value)))];
}
