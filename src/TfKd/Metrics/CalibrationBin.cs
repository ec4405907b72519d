namespace TfKd;

/// <summary>The rows whose confidence, the probability of the predicted class, is within a range.</summary>
/// <param name="Lower">Where the range begins.</param>
/// <param name="Upper">Where it ends; the end belongs to the next range, that of the last to itself.</param>
/// <param name="Count">Number of rows.</param>
/// <param name="Confidence">Their mean confidence; NaN without rows.</param>
/// <param name="Accuracy">Fraction of them that is classified rightly; NaN without rows.</param>
public sealed record CalibrationBin(double Lower, double Upper, int Count, double Confidence, double Accuracy);
