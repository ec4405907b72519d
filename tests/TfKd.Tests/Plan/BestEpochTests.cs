namespace TfKd.Tests;

/// <summary>Which epoch is the best, by hand-made histories.</summary>
public sealed class BestEpochTests
{
    private static readonly TrainingPlan _plan = new() { BestEpochMetric = ValidationMetric.Accuracy };

    [Theory]
    [InlineData(ValidationMetric.Accuracy, 1)]
    [InlineData(ValidationMetric.Loss, 2)]
    [InlineData(ValidationMetric.CalibrationError, 0)]
    public void Each_metric_has_its_own(ValidationMetric metric, int epoch)
    {
        EpochMetrics[] history = [Epoch(0, Metrics(0.5, 0.9, 0.01)), Epoch(1, Metrics(0.7, 0.8, 0.2)), Epoch(2, Metrics(0.6, 0.7, 0.1))];
        Assert.Equal(new BestEpoch(epoch, IsPeer: false), BestEpoch.Of(_plan with { BestEpochMetric = metric }, history));
    }

    [Fact]
    public void Of_equals_the_lower_negative_log_likelihood_is_better_and_of_those_the_earlier_epoch()
    {
        EpochMetrics[] history =
            [Epoch(0, Metrics(0.7, 0.9)), Epoch(1, Metrics(0.7, 0.8)), Epoch(2, Metrics(0.7, 0.8)), Epoch(3, Metrics(0.6, 0.1))];
        Assert.Equal(new BestEpoch(1, IsPeer: false), BestEpoch.Of(_plan, history));
    }

    [Fact]
    public void A_peer_is_chosen_where_it_is_better_and_not_where_it_is_equal()
    {
        EpochMetrics[] history =
        [
            Epoch(0, Metrics(0.7, 0.5), Metrics(0.7, 0.5)),
            Epoch(1, Metrics(0.6, 0.5), Metrics(0.8, 0.6)),
            Epoch(2, Metrics(0.8, 0.6)),
        ];
        Assert.Equal(new BestEpoch(0, IsPeer: false), BestEpoch.Of(_plan, history[..1]));
        var best = BestEpoch.Of(_plan, history)!.Value;
        Assert.Equal(new BestEpoch(1, IsPeer: true), best);
        Assert.Same(history[1].PeerValidation, best.In(history).Validation);
    }

    [Fact]
    public void It_is_the_latest_without_validation_or_where_the_best_weights_are_not_wanted()
    {
        EpochMetrics[] history = [Epoch(0, Metrics(0.7, 0.5)), Epoch(1, Metrics(0.6, 0.9))];
        Assert.Equal(new BestEpoch(1, IsPeer: false), BestEpoch.Of(_plan with { RestoreBestWeights = false }, history));
        Assert.Equal(new BestEpoch(1, IsPeer: false), BestEpoch.Of(_plan, [Epoch(0, null), Epoch(1, null)]));
        Assert.Null(BestEpoch.Of(_plan, []));
    }

    private static ClassificationMetrics Metrics(double accuracy, double loss, double calibration = 0) =>
        new(100, accuracy, 1, loss, calibration);

    private static EpochMetrics Epoch(int epoch, ClassificationMetrics? validation, ClassificationMetrics? peer = null) =>
        MadeEpoch.Of(epoch, validation) with { PeerValidation = peer };
}
