namespace TfKd.MLNet;

/// <summary>
/// That a photo may have several labels, or none, and how the label column says which: see
/// <see cref="TorchImageClassificationTrainer.Options.Labels"/>.
/// </summary>
/// <example><code>
/// var labels = new MultipleLabels { Separator = "," };
/// </code></example>
public sealed record MultipleLabels
{
    /// <summary>
    /// What stands between the labels of a text, <c>cat;sofa</c>; spaces around a label do not count. This property is ignored for columns
    /// that are vectors. Default ";".
    /// </summary>
    public string Separator
    {
        get;
        init => field = string.IsNullOrEmpty(value)
            ? throw new ArgumentException($"{nameof(Separator)} must have a character at least, but is empty.", nameof(Separator))
            : value;
    } = ";";

    /// <summary>From which probability on a label is predicted. Default <see cref="LabelThresholds.BestF1"/>.</summary>
    public LabelThresholds Thresholds { get; init => field = Require.Defined(value); } = LabelThresholds.BestF1;

    /// <summary>What messages tell to do about a separator that looks wrong.</summary>
    internal SeparatorAdvice Advice { get; init; } = SeparatorAdvice.OfOptions;
}
