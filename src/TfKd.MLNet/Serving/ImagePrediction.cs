namespace TfKd.MLNet;

/// <summary>What a model says of one photo.</summary>
public sealed class ImagePrediction
{
    private readonly float[] _scores;

    internal ImagePrediction(
        IReadOnlyList<string> classNames, float[] scores, Rejection? rejection, IReadOnlyList<double>? thresholds = null)
    {
        (ClassNames, _scores) = (classNames, scores);
        var best = PredictedLabelColumn.BestOf(scores);
        Confidence = best < 0 ? float.NaN : scores[best];
        // As the column of predicted labels: what is no number is below every threshold.
        IsRejected = rejection is not null && !(Confidence >= (float)rejection.Threshold);
        PredictedLabel = IsRejected ? rejection!.Label : best < 0 ? null : classNames[best];
        if (thresholds is null)
        {
            PredictedLabels = PredictedLabel is null ? [] : [PredictedLabel];
            return;
        }

        var found = PredictedLabelsColumn.Find(scores, thresholds);
        PredictedLabels = [.. found.Select(k => classNames[k])];
        PredictedLabel = found.Count == 0 ? null : classNames[found.MaxBy(k => scores[k])];
    }

    /// <summary>
    /// The most probable class; of a rejected photo the label that the model's <see cref="Rejection"/> names, or null. Of a model whose
    /// photos may have several labels the most probable of <see cref="PredictedLabels"/>, or null without any.
    /// </summary>
    public string? PredictedLabel { get; }

    /// <summary>
    /// All labels, in the order of the classes: of a model whose photos may have several those whose score is at least their threshold
    /// (<see cref="ModelCard.Thresholds"/>), otherwise <see cref="PredictedLabel"/> alone; empty where there is none.
    /// </summary>
    public IReadOnlyList<string> PredictedLabels { get; }

    /// <summary>The highest score, from 0 to 1; NaN where none is a number.</summary>
    public float Confidence { get; }

    /// <summary>Whether the model gives no class, since its highest score is below the threshold of its <see cref="Rejection"/>.</summary>
    public bool IsRejected { get; }

    /// <summary>The classes of the model that predicted, in the order of the scores.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>One probability a class.</summary>
    public IReadOnlyList<float> Scores => _scores;

    /// <summary>The most probable classes, the highest score first; of equal scores the class that comes first.</summary>
    /// <param name="count">How many, above 0; of fewer classes all.</param>
    public IReadOnlyList<(string Label, float Score)> Top(int count)
    {
        Require.Positive(count);
        var classes = new int[Math.Min(count, _scores.Length)];
        TopColumns.Find(_scores, classes);
        return Array.ConvertAll(classes, index => (ClassNames[index], _scores[index]));
    }

    /// <summary>The label and its score.</summary>
    public override string ToString() => FormattableString.Invariant($"{PredictedLabel ?? "(rejected)"} {Confidence:P1}");
}
