namespace TfKd.Tests;

public sealed class EarlyStoppingTests
{
    [Theory]
    [InlineData(ValidationMetric.Accuracy, 0, new[] { 0.5, 0.6, 0.6, 0.6 }, 3)]
    [InlineData(ValidationMetric.Accuracy, 0, new[] { 0.5, 0.6, 0.6, 0.7, 0.7, 0.7 }, 5)]
    [InlineData(ValidationMetric.Accuracy, 0.2, new[] { 0.5, 0.6, 0.65 }, 2)]
    [InlineData(ValidationMetric.Loss, 0, new[] { 0.5, 0.4, 0.45, 0.41 }, 3)]
    [InlineData(ValidationMetric.CalibrationError, 0, new[] { 0.5, 0.1, 0.2, 0.3 }, 3)]
    public void Stops_after_as_many_epochs_without_improvement(ValidationMetric metric, double minDelta, double[] values, int stopsAfter)
    {
        var callback = new EarlyStopping { Metric = metric, MinDelta = minDelta, Patience = 2 };
        var state = new TrainingState(null!, new TrainingPlan());
        for (var epoch = 0; epoch <= stopsAfter; epoch++)
        {
            Assert.Null(state.StopReason);
            state.Add(MadeEpoch.Of(epoch, new ClassificationMetrics(10, values[epoch], 1, values[epoch], values[epoch])));
            callback.OnEpochEnd(state);
        }

        Assert.StartsWith($"{metric} on the validation rows has not improved", state.StopReason);
    }

    [Fact]
    public void Without_validation_rows_it_says_what_is_missing()
    {
        var state = new TrainingState(null!, new TrainingPlan());
        state.Add(MadeEpoch.Of(0, null));
        Assert.Equal(
            "EarlyStopping watches the validation rows, but the run has none; give a validation set or leave it out.",
            Assert.Throws<InvalidOperationException>(() => new EarlyStopping().OnEpochEnd(state)).Message);
    }

    [Fact]
    public void A_run_without_validation_rows_is_refused_before_the_first_batch()
    {
        var watcher = new WatchedRun.Watcher { BatchEnd = _ => Assert.Fail("a batch ran") };
        Assert.Equal(
            "EarlyStopping watches the validation rows, but the run has none; give a validation set or leave it out.",
            Assert.Throws<InvalidOperationException>(() =>
                WatchedRun.Run(WatchedRun.Plan with { Callbacks = [new EarlyStopping(), watcher] }, validate: false)).Message);
    }
}
