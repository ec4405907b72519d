namespace TfKd;

/// <summary>What is looked at on the validation rows: by <see cref="EarlyStopping"/>, and to choose the best epoch.</summary>
public enum ValidationMetric
{
    /// <summary>
    /// Accuracy; where samples may have several labels, the mean average precision: higher is better.
    /// </summary>
    Accuracy,

    /// <summary>Negative log-likelihood; where samples may have several labels, the binary cross entropy: lower is better.</summary>
    Loss,

    /// <summary>
    /// Expected calibration error: lower is better. It says nothing of what a network knows: one that has learnt nothing yet and gives each
    /// class its frequency is calibrated, too.
    /// </summary>
    CalibrationError,
}
