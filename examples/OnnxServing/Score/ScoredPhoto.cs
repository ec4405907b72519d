namespace OnnxServing;

/// <summary>What the network says of a photo.</summary>
/// <param name="Path">As the list of photos has it.</param>
/// <param name="Label">The most probable class; of a network of several labels a photo those that reach their thresholds.</param>
/// <param name="Confidence">The highest of the probabilities.</param>
/// <param name="Scores">The probability of each class.</param>
internal readonly record struct ScoredPhoto(string Path, string Label, float Confidence, ReadOnlyMemory<float> Scores)
{
    /// <summary>What stands between several labels.</summary>
    public const char Separator = ';';

    /// <summary>Finds the label.</summary>
    public static ScoredPhoto Of(string path, ReadOnlyMemory<float> scores, OnnxClassifier classifier)
    {
        var best = 0;
        for (var i = 1; i < scores.Length; i++)
        {
            if (scores.Span[i] > scores.Span[best])
                best = i;
        }

        var label = classifier.Thresholds is { } thresholds
            ? string.Join(Separator, classifier.Classes.Where((_, i) => scores.Span[i] >= thresholds[i]))
            : classifier.Classes[best];
        return new ScoredPhoto(path, label, scores.Span[best], scores);
    }
}
