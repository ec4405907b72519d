namespace TfKd.Tool;

/// <summary>What a model says of a photo, as it is written.</summary>
/// <param name="Path">The photo.</param>
/// <param name="Label">The class; null: rejected, or not read.</param>
/// <param name="Score">Its probability.</param>
/// <param name="Top">The most probable classes.</param>
/// <param name="Error">Why the photo could not be read.</param>
internal sealed record Prediction(string Path, string? Label, double? Score, IReadOnlyList<ClassScore>? Top, string? Error)
{
    /// <summary>A prediction of scores.</summary>
    /// <param name="photo">The photo with its scores.</param>
    /// <param name="model">The model, whose rule of when not to predict a label holds.</param>
    /// <param name="count">How many of the most probable classes.</param>
    public static Prediction Of(ScoredPhoto photo, MLNet.TorchImageClassificationModel model, int count)
    {
        if (photo.Scores is not { } scores)
            return new(photo.Path, null, null, null, photo.Error);
        ClassScore[] top =
        [
            .. model.ClassNames.Zip(scores, (name, score) => new ClassScore(name, Math.Round(score, 6)))
                .OrderByDescending(pair => pair.Score).Take(count),
        ];
        var label = model.Rejection is { } rejection && scores.Max() < rejection.Threshold ? rejection.Label : top[0].Class;
        return new(photo.Path, label, top[0].Score, top, null);
    }
}
