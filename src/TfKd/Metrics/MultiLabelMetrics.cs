namespace TfKd;

/// <summary>
/// How well a network does on samples that may have several labels. A class is predicted where its probability is at least its threshold.
/// </summary>
/// <param name="Count">Number of samples.</param>
/// <param name="MeanAveragePrecision">
/// Mean of <see cref="MultiLabelClassMetrics.AveragePrecision"/> over the classes that a sample has; NaN where there are none. No threshold
/// has a part in it.
/// </param>
/// <param name="MicroF1">
/// 2 TP / (2 TP + FP + FN), of all classes of all samples together: frequent classes count most. NaN where nothing is there and nothing was
/// predicted.
/// </param>
/// <param name="MacroF1">Mean of the classes' F1, those left out that no sample has and that were never predicted.</param>
/// <param name="SubsetAccuracy">Fraction of the samples whose predicted labels are all of theirs and no others.</param>
/// <param name="HammingLoss">Fraction of the classes of samples that is wrong, predicted and not there or there and not predicted.</param>
/// <param name="NegativeLogLikelihood">
/// Mean over samples and classes of -ln of the probability of what is so, yes or no, in nats: the binary cross entropy.
/// </param>
/// <param name="ExpectedCalibrationError">
/// Mean absolute difference, over 15 equal bins of the probability of yes, between that probability and the fraction that is so, weighted
/// by classes of samples.
/// </param>
/// <param name="Classes">The figures of each class, in their order.</param>
public sealed record MultiLabelMetrics(
    int Count,
    double MeanAveragePrecision,
    double MicroF1,
    double MacroF1,
    double SubsetAccuracy,
    double HammingLoss,
    double NegativeLogLikelihood,
    double ExpectedCalibrationError,
    IReadOnlyList<MultiLabelClassMetrics> Classes);
