namespace TfKd;

/// <summary>
/// Stops a run when a validation metric has not improved for some epochs. Decides by the run's history alone, so a resumed run decides
/// alike. The run then ends with the weights of the epoch that was best by that metric, unless <see cref="TrainingPlan.BestEpochMetric"/>
/// names another.
/// </summary>
/// <example><code>
/// var stopping = new EarlyStopping { Metric = ValidationMetric.Loss, Patience = 10, MinDelta = 0.001 };
/// </code></example>
public sealed class EarlyStopping : TrainingCallback
{
    /// <summary>What is watched. Default: accuracy, or the mean average precision where samples may have several labels.</summary>
    public ValidationMetric Metric { get; init => field = Require.Defined(value); } = ValidationMetric.Accuracy;

    /// <summary>Epochs without improvement before the run stops, above 0. Default 20, as in ML.NET's image trainer.</summary>
    public int Patience { get; init => field = Require.Positive(value); } = 20;

    /// <summary>What counts as an improvement, 0 or above. Default 0.</summary>
    public double MinDelta { get; init => field = Require.NotNegative(value); }

    /// <inheritdoc/>
    public override ValidationMetric? WatchedMetric => Metric;

    /// <summary>True.</summary>
    public override bool NeedsValidation => true;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">There is no validation set.</exception>
    public override void OnEpochEnd(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var (best, bestEpoch) = (double.NegativeInfinity, -1);
        foreach (var epoch in state.History)
        {
            var value = Metric.ValueOf(epoch)
                ?? throw new InvalidOperationException(
                    $"{nameof(EarlyStopping)} watches the validation rows, but the run has none; give a validation set or leave it out.");
            if (value > best + MinDelta)
                (best, bestEpoch) = (value, epoch.Epoch);
        }

        if (state.History[^1].Epoch - bestEpoch >= Patience)
            state.RequestStop($"{Metric} on the validation rows has not improved by more than {MinDelta} since epoch {bestEpoch + 1}.");
    }
}
