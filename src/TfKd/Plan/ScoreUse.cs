namespace TfKd;

/// <summary>What the trainer's caller will do with the scores of the network when the run is over, for reports to tell of.</summary>
/// <param name="AreCalibrated">Whether a temperature is chosen on the validation samples.</param>
/// <param name="Threshold">Samples whose highest score is below it will be rejected; null: none.</param>
/// <param name="ChoosesThresholds">
/// Whether those of several labels are chosen on the validation samples for the highest F1; otherwise they are one half.
/// </param>
internal sealed record ScoreUse(bool AreCalibrated, double? Threshold, bool ChoosesThresholds = false);
