namespace TfKd;

/// <summary>What an epoch brought.</summary>
public sealed record EpochMetrics
{
    /// <summary>The epoch, from 0.</summary>
    public required int Epoch { get; init; }

    /// <summary>Epochs planned.</summary>
    public required int MaxEpochs { get; init; }

    /// <summary>The learning rate of the last step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Mean of the objective over the epoch's steps, while the network was learning.</summary>
    public required double TrainingLoss { get; init; }

    /// <summary>
    /// Fraction of training rows classified as their target's most probable class, while the network was learning; where rows may have
    /// several labels, fraction of the classes of rows rightly said to be there or not.
    /// </summary>
    public required double TrainingAccuracy { get; init; }

    /// <summary>Mean of each named term of the objective over the epoch's steps.</summary>
    public required IReadOnlyDictionary<string, double> Terms { get; init; }

    /// <summary>
    /// Fraction of training rows on which student and teacher named the same most probable class, while the student was learning; null
    /// without a teacher, with a <see cref="PeerTeacher"/>, and where rows may have several labels.
    /// </summary>
    public double? TeacherAgreement { get; init; }

    /// <summary>
    /// Metrics on the validation rows after the epoch; null without a validation set, and where rows may have several labels.
    /// </summary>
    public ClassificationMetrics? Validation { get; init; }

    /// <summary>
    /// Metrics on the validation rows after the epoch where rows may have several labels, at thresholds of one half; null otherwise, and
    /// without a validation set.
    /// </summary>
    public MultiLabelMetrics? LabelValidation { get; init; }

    /// <summary>What <see cref="Validation"/> is of the student's peer; null without one.</summary>
    public ClassificationMetrics? PeerValidation { get; init; }

    /// <summary>Whether there are metrics on validation rows.</summary>
    internal bool WasValidated => Validation is not null || LabelValidation is not null;

    /// <summary>Training rows a second, without validation.</summary>
    public required double ImagesPerSecond { get; init; }

    /// <summary>Time since the run began (of this process, where the run was resumed).</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>
    /// Time that the epochs still planned will take, if they take as long as those of this process on average did, validation included; 0
    /// after the last.
    /// </summary>
    public TimeSpan Remaining { get; init; }

    /// <summary>What the epoch's time was spent on.</summary>
    public EpochTimes Times { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = $"Epoch {Epoch + 1}/{MaxEpochs}: loss {TrainingLoss:F4}, training accuracy {TrainingAccuracy:P1}";
        if (Validation is { } validation)
        {
            text += $", validation accuracy {validation.Top1:P1}, NLL {validation.NegativeLogLikelihood:F4}";
            text += $", ECE {validation.ExpectedCalibrationError:P1}";
        }

        if (LabelValidation is { } labels)
        {
            text += $", validation mAP {labels.MeanAveragePrecision:P1}, F1 {labels.MicroF1:P1}, NLL {labels.NegativeLogLikelihood:F4}";
            text += $", ECE {labels.ExpectedCalibrationError:P1}";
        }

        if (TeacherAgreement is { } agreement)
            text += $", agreement with the teacher {agreement:P1}";
        text += $", learning rate {LearningRate:G3}, {ImagesPerSecond:F0} images/s";
        return Remaining > TimeSpan.Zero ? text + $", {(int)Remaining.TotalHours}:{Remaining:mm\\:ss} left" : text;
    }
}
