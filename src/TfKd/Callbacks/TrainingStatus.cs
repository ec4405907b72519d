namespace TfKd;

/// <summary>How far a run is, for a user interface.</summary>
/// <param name="Epoch">The epoch under way, from 1; after the last epoch, that one.</param>
/// <param name="MaxEpochs">Epochs of the run, if nothing stops it before.</param>
/// <param name="Fraction">How much of the run's steps are taken, from 0 to 1; 1 when it is over, also where it was stopped.</param>
/// <param name="Remaining">The time left; null before the end of the first epoch, which has other work than those after it.</param>
/// <param name="LastEpoch">The metrics of the last epoch that is finished; null: none is.</param>
public sealed record TrainingStatus(int Epoch, int MaxEpochs, double Fraction, TimeSpan? Remaining, EpochMetrics? LastEpoch)
{
    /// <summary>How far a run is that a callback sees.</summary>
    public static TrainingStatus Of(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var (epochs, last) = (state.Plan.MaxEpochs, state.History is [.., var latest] ? latest : null);
        // The time of an epoch, whatever part of the run this process has taken.
        var remaining = last is null
            ? (TimeSpan?)null
            : last.Remaining - (last.Remaining / Math.Max(epochs - state.History.Count, 1) * state.EpochProgress);
        return new(
            Math.Min(state.Epoch + 1, epochs),
            epochs,
            (state.Epoch + state.EpochProgress) / epochs,
            remaining < TimeSpan.Zero ? TimeSpan.Zero : remaining,
            last);
    }
}
