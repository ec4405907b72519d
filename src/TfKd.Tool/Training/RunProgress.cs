namespace TfKd.Tool;

/// <summary>Shows how far a training is: within an epoch by its steps, after it with what it brought.</summary>
/// <param name="output">Where.</param>
/// <param name="rows">What the rows looked at after an epoch are called.</param>
internal sealed class RunProgress(ToolOutput output, string rows) : TrainingCallback
{
    /// <inheritdoc/>
    public override void OnBatchEnd(TrainingState state)
    {
        var status = TrainingStatus.Of(state);
        output.Progress($"epoch {status.Epoch} of {status.MaxEpochs}", status.Fraction, status.Remaining);
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
        TimeSpan? left = status.Remaining > TimeSpan.Zero ? status.Remaining : null;
        var text = FormattableString.Invariant($"epoch {metrics.Epoch + 1} of {status.MaxEpochs}, {accuracy}");
        output.Progress(text, status.Fraction, left, matters: true);
    }
}
