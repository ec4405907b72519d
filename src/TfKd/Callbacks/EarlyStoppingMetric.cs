namespace TfKd;

/// <summary>What <see cref="EarlyStopping"/> looks at.</summary>
public enum EarlyStoppingMetric
{
    /// <summary>Validation accuracy: higher is better.</summary>
    Accuracy,

    /// <summary>Negative log-likelihood on the validation rows: lower is better.</summary>
    Loss,

    /// <summary>Expected calibration error on the validation rows: lower is better.</summary>
    CalibrationError,
}
