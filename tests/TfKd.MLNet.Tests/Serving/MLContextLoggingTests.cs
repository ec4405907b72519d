using Microsoft.Extensions.Logging;
using Microsoft.ML;

namespace TfKd.MLNet.Tests;

/// <summary>ML.NET's log in an application's log.</summary>
public sealed class MLContextLoggingTests
{
    [Fact]
    public void A_run_is_told_to_the_applications_log_until_that_is_ended()
    {
        var (all, few) = (new ListedLog(), new ListedLog { Lowest = LogLevel.Warning });
        var ml = new MLContext(seed: 1);
        var rows = TrainingRuns.Rows(ml);
        var trainer = ml.MulticlassClassification.Trainers.TorchImageClassification(
            TrainingRuns.Options with { MaxEpochs = 1, CalibrateScores = true });
        using (ml.LogTo(all))
        using (ml.LogTo(few))
            trainer.Fit(rows).Dispose();
        Assert.Contains(all.Lines, line => line.Level == LogLevel.Information
            && line.Text.StartsWith("TorchImageClassification", StringComparison.Ordinal)
            && line.Text.Contains("epoch 1", StringComparison.OrdinalIgnoreCase));
        // A temperature from nine samples is warned of.
        Assert.NotEmpty(few.Lines);
        Assert.All(few.Lines, line => Assert.Equal(LogLevel.Warning, line.Level));
        Assert.Equal(all.Lines.Where(line => line.Level == LogLevel.Warning), few.Lines);

        var count = all.Lines.Count;
        trainer.Fit(rows).Dispose();
        Assert.Equal(count, all.Lines.Count);
    }
}
