namespace TfKd;

/// <summary>How well a network finds one class in samples that may have several labels.</summary>
/// <param name="Name">The class.</param>
/// <param name="Count">How many samples have it.</param>
/// <param name="Threshold">The probability from which on it is predicted.</param>
/// <param name="AveragePrecision">
/// Sum over the distinct probabilities, from the highest down, of the precision at that probability times the recall gained by it; NaN
/// where no sample has the class. Not interpolated.
/// </param>
/// <param name="Precision">Fraction of the samples that it was predicted for that have it; NaN where it never was.</param>
/// <param name="Recall">Fraction of the samples that have it that it was predicted for; NaN where none have.</param>
/// <param name="F1">2 TP / (2 TP + FP + FN); NaN where no sample has it and it was never predicted.</param>
public sealed record MultiLabelClassMetrics(
    string Name, int Count, double Threshold, double AveragePrecision, double Precision, double Recall, double F1);
