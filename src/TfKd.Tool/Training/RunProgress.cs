namespace TfKd.Tool;

/// <summary>Shows how far a training is: within an epoch by its steps, after it with what it brought.</summary>
/// <param name="output">Where.</param>
/// <param name="rows">What the rows looked at after an epoch are called.</param>
internal sealed class RunProgress(ToolOutput output, string rows) : TrainingCallback
{
    /// <inheritdoc/>
    public override void OnBatchEnd(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var epochs = state.Plan.MaxEpochs;
        output.Progress($"epoch {state.Epoch + 1} of {epochs}", (state.Epoch + state.EpochProgress) / epochs, LeftAfter(state));
    }

    /// <inheritdoc/>
    public override void OnEpochEnd(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var (metrics, epochs) = (state.History[^1], state.Plan.MaxEpochs);
        var accuracy = metrics.Validation is { } validation
            ? FormattableString.Invariant($"{validation.Top1:P1} of {rows} right")
            : FormattableString.Invariant($"{metrics.TrainingAccuracy:P1} of training photos right");
        TimeSpan? left = metrics.Remaining > TimeSpan.Zero ? metrics.Remaining : null;
        output.Progress($"epoch {state.Epoch} of {epochs}, {accuracy}", (double)state.Epoch / epochs, left, matters: true);
    }

    // The first epoch has other work than those after it, so nothing is said before its end.
    private static TimeSpan? LeftAfter(TrainingState state) => state.History is [.., var last]
        ? last.Remaining - (last.Elapsed / state.History.Count * state.EpochProgress)
        : null;
}
