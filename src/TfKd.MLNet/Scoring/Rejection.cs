namespace TfKd.MLNet;

/// <summary>
/// When a prediction is not given: the highest score is below a threshold. Scores stay as they are; calibrated ones mean what they say, see
/// <see cref="TorchImageClassificationTrainer.Options.CalibrateScores"/>.
/// </summary>
/// <example><code>
/// var rejection = new Rejection { Threshold = 0.6, Label = "unknown" };
/// </code></example>
public sealed record Rejection
{
    /// <summary>Rows whose highest score is below it have no predicted label, within [0, 1].</summary>
    public required double Threshold { get; init => field = Require.Fraction(value); }

    /// <summary>
    /// The label that such rows get, beside the classes; the label column must be text. Default null: the missing value, key 0, which
    /// MapKeyToValue makes an empty text of.
    /// </summary>
    public string? Label { get; init => field = value is null ? null : Require.Name(value); }

    /// <summary>Checks that rows can be rejected so; without a rule they always can.</summary>
    /// <exception cref="ArgumentException">The rule has a label, and the classes are no text or have it already.</exception>
    /// <exception cref="NotSupportedException">Rows may have several labels, and there is a rule.</exception>
    internal static void Check(Rejection? rejection, ClassKeys classes, bool severalLabels = false)
    {
        if (rejection is not null && severalLabels)
        {
            throw new NotSupportedException(
                "The model says of each label whether a photo has it, by a threshold a class, and rejects no photo; leave rejection at "
                + "null.");
        }

        if (rejection?.Label is not { } label)
            return;
        if (!classes.AreText)
        {
            throw new ArgumentException(
                $"The label '{label}' for rejected rows stands beside the classes, which must be text, but are " +
                $"{classes.ToCard().Type ?? "keys without values"}; leave it at null, and they get the missing value.", nameof(rejection));
        }

        if (classes.Names.Contains(label, StringComparer.Ordinal))
        {
            throw new ArgumentException(
                $"The label '{label}' for rejected rows is that of a class: [{string.Join(", ", classes.Names)}].", nameof(rejection));
        }
    }
}
