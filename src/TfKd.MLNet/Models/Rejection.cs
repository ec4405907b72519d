namespace TfKd.MLNet;

/// <summary>When a prediction is not given: the highest score is below a threshold. Scores stay as they are; calibrated ones mean what they say, see <see cref="TorchImageClassificationTrainer.Options.CalibrateScores"/>.</summary>
public sealed record Rejection
{
    /// <summary>Rows whose highest score is below it have no predicted label, within [0, 1].</summary>
    public required double Threshold { get; init => field = Require.Fraction(value); }

    /// <summary>
    /// The label that such rows get, beside the classes; the label column must be text. Default null: the missing value, key 0, which MapKeyToValue makes an empty text of.
    /// </summary>
    public string? Label { get; init => field = value is null ? null : Require.Name(value); }
}
