namespace TfKd;

/// <summary>Stops a run when a validation metric has not improved for some epochs. Decides by the run's history alone, so a resumed run decides alike.</summary>
public sealed class EarlyStopping : TrainingCallback
{
    /// <summary>What is watched. Default: accuracy.</summary>
    public EarlyStoppingMetric Metric { get; init; } = EarlyStoppingMetric.Accuracy;

    /// <summary>Epochs without improvement before the run stops, above 0. Default 20, as in ML.NET's image trainer.</summary>
    public int Patience { get; init => field = Require.Positive(value); } = 20;

    /// <summary>What counts as an improvement, 0 or above. Default 0.</summary>
    public double MinDelta { get; init => field = Require.NotNegative(value); }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">There is no validation set.</exception>
    public override void OnEpochEnd(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var (best, bestEpoch) = (double.NegativeInfinity, -1);
        foreach (var epoch in state.History)
        {
            var value = ValueOf(epoch.Validation
                ?? throw new InvalidOperationException($"{nameof(EarlyStopping)} watches the validation rows, but the run has none; give a validation set or leave it out."));
            if (value > best + MinDelta)
                (best, bestEpoch) = (value, epoch.Epoch);
        }

        if (state.History[^1].Epoch - bestEpoch >= Patience)
            state.RequestStop($"{Metric} on the validation rows has not improved by more than {MinDelta} since epoch {bestEpoch + 1}.");
    }

    private double ValueOf(ClassificationMetrics metrics) => Metric switch
    {
        EarlyStoppingMetric.Accuracy => metrics.Top1,
        EarlyStoppingMetric.Loss => -metrics.NegativeLogLikelihood,
        EarlyStoppingMetric.CalibrationError => -metrics.ExpectedCalibrationError,
        _ => throw new InvalidOperationException($"{nameof(Metric)} {Metric} is not known."),
    };
}
