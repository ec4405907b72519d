namespace TfKd.Tests;

/// <summary>How far a run is, as a user interface is told.</summary>
public sealed class ProgressReporterTests
{
    [Fact]
    public void Each_step_and_epoch_is_told_and_the_end_is_1()
    {
        var told = Run();
        // Three steps an epoch, and a report more at its end; three epochs, and the end of the run.
        Assert.Equal([1 / 9.0, 2 / 9.0, 3 / 9.0, 3 / 9.0, 4 / 9.0], told.Take(5).Select(status => status.Fraction), Close);
        Assert.Equal(13, told.Count);
        Assert.Equal([1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3], told.Select(status => status.Epoch));
        Assert.All(told, status => Assert.Equal(3, status.MaxEpochs));
        Assert.All(told.Take(3), status => Assert.Null(status.Remaining));
        Assert.All(told.Skip(3), status => Assert.NotNull(status.Remaining));
        Assert.Equal((1, TimeSpan.Zero), (told[^1].Fraction, told[^1].Remaining));
        Assert.Equal([null, 0, 1, 2], told.Select(status => status.LastEpoch?.Epoch).Distinct());
    }

    [Fact]
    public void A_run_that_is_stopped_is_at_its_end()
    {
        var stop = new WatchedRun.Watcher { EpochEnd = state => state.RequestStop("enough") };
        var told = Run(stop);
        Assert.Equal((1, 1, TimeSpan.Zero), (told[^1].Fraction, told[^1].LastEpoch!.Epoch + 1, told[^1].Remaining));
        Assert.Equal(1 / 3.0, told[^2].Fraction, 1e-12);
    }

    private static List<TrainingStatus> Run(params TrainingCallback[] others)
    {
        var told = new List<TrainingStatus>();
        WatchedRun.Run(WatchedRun.Plan with { Callbacks = [new ProgressReporter(new Listener(told.Add)), .. others] });
        return told;
    }

    private static bool Close(double left, double right) => Math.Abs(left - right) < 1e-12;

    // Progress calls back later, on another thread.
    private sealed class Listener(Action<TrainingStatus> report) : IProgress<TrainingStatus>
    {
        public void Report(TrainingStatus value) => report(value);
    }
}
