namespace TfKd.Tool;

/// <summary>Shows how far a training is: within an epoch by its steps, after it with what it brought.</summary>
/// <param name="output">Where.</param>
/// <param name="rows">What the rows looked at after an epoch are called.</param>
/// <param name="clock">Tells the time, of which the run has begun when this is made.</param>
internal sealed class RunProgress(ToolOutput output, string rows, TimeProvider clock) : TrainingCallback
{
    private readonly long _start = clock.GetTimestamp();

    /// <summary>After how long the run ends where it is not done; null: when it is done.</summary>
    public TimeSpan? Limit { get; init; }

    /// <summary>Whether the validation rows are training photos.</summary>
    public bool ValidationIsTraining { get; init; }

    /// <summary>How many photos with a label the run has, without those that could not be read.</summary>
    public int PhotoCount { get; private set; }

    /// <inheritdoc/>
    public override void OnTrainBegin(TrainingState state)
    {
        var training = state.Training!;
        PhotoCount = Enumerable.Range(0, training.Count).Count(row => training.GetLabel(row) != Targets.Unlabelled)
            + (ValidationIsTraining ? state.Validation?.Count ?? 0 : 0);
    }

    /// <inheritdoc/>
    public override void OnBatchEnd(TrainingState state)
    {
        var status = TrainingStatus.Of(state);
        var (fraction, left) = Within(status);
        output.Progress($"epoch {status.Epoch} of {status.MaxEpochs}", fraction, left);
    }

    /// <inheritdoc/>
    public override void OnEpochEnd(TrainingState state)
    {
        var status = TrainingStatus.Of(state);
        var metrics = status.LastEpoch!;
        var accuracy = metrics.Validation is { } validation
            ? FormattableString.Invariant($"{validation.Top1:P1} of {rows} right")
            : metrics.LabelValidation is { } labels ? FormattableString.Invariant($"mAP {labels.MeanAveragePrecision:P1} on {rows}")
            : FormattableString.Invariant($"{metrics.TrainingAccuracy:P1} of training photos right");
        var (fraction, left) = Within(status);
        var text = FormattableString.Invariant($"epoch {metrics.Epoch + 1} of {status.MaxEpochs}, {accuracy}");
        output.Progress(text, fraction, left > TimeSpan.Zero ? left : null, matters: true);
    }

    // Where the time is over before all epochs are, it is the time that passes.
    private (double Fraction, TimeSpan? Left) Within(TrainingStatus status)
    {
        if (Limit is not { } limit)
            return (status.Fraction, status.Remaining);
        var passed = clock.GetElapsedTime(_start);
        var left = passed < limit ? limit - passed : TimeSpan.Zero;
        return (Math.Max(status.Fraction, Math.Min(passed / limit, 1)), status.Remaining < left ? status.Remaining : left);
    }
}
