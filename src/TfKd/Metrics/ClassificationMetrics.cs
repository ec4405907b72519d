namespace TfKd;

/// <summary>How well a classifier does on a set of rows. Means are over all rows, not over batches.</summary>
/// <param name="Count">Number of rows.</param>
/// <param name="Top1">Fraction of rows whose class has the highest score.</param>
/// <param name="Top5">Fraction of rows whose class is among the five highest scores; 1 where there are no more than five classes.</param>
/// <param name="NegativeLogLikelihood">Mean of -ln p of the row's class, in nats.</param>
/// <param name="ExpectedCalibrationError">
/// Mean absolute difference between confidence and accuracy over 15 equal bins of confidence, weighted by rows
/// (Guo, Pleiss, Sun and Weinberger, 'On calibration of modern neural networks', ICML 2017).
/// </param>
public sealed record ClassificationMetrics(
    int Count, double Top1, double Top5, double NegativeLogLikelihood, double ExpectedCalibrationError);
