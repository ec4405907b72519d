namespace TfKd.MLNet;

/// <summary>What the label column says of a row.</summary>
/// <param name="Label">The class; or <see cref="Targets.Unlabelled"/>, or <see cref="Targets.Several"/>.</param>
/// <param name="Labels">The classes, where there may be several; null otherwise.</param>
internal readonly record struct RowLabel(int Label, IReadOnlyCollection<int>? Labels = null)
{
    /// <summary>Nothing is known.</summary>
    public static RowLabel None { get; } = new(Targets.Unlabelled);

    public bool IsKnown => Label != Targets.Unlabelled;
}
