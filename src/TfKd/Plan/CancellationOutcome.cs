namespace TfKd;

/// <summary>What a run that is cancelled ends with.</summary>
public enum CancellationOutcome
{
    /// <summary>An <see cref="OperationCanceledException"/>.</summary>
    Throw,

    /// <summary>
    /// The weights of the best epoch so far; where none is known (no epoch has been validated, or the best weights are not asked for) the
    /// latest. A run that has not taken a step throws.
    /// </summary>
    KeepBest,
}
