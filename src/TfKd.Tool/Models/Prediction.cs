using TfKd.MLNet;

namespace TfKd.Tool;

/// <summary>What a model says of a photo, as it is written.</summary>
/// <param name="Path">The photo.</param>
/// <param name="Label">The class; null: rejected, or not read.</param>
/// <param name="Score">Its probability.</param>
/// <param name="Top">The most probable classes.</param>
/// <param name="Error">Why the photo could not be read.</param>
internal sealed record Prediction(string Path, string? Label, double? Score, IReadOnlyList<ClassScore>? Top, string? Error)
{
    /// <summary>The labels, of a model whose photos may have several; null of another one.</summary>
    public IReadOnlyList<string>? Labels { get; private init; }

    /// <summary>A prediction of scores.</summary>
    /// <param name="photo">The photo with its scores.</param>
    /// <param name="model">The model, whose rule of when not to predict a label holds.</param>
    /// <param name="count">How many of the most probable classes.</param>
    public static Prediction Of(ScoredPhoto photo, TorchImageClassificationModel model, int count)
    {
        if (photo.Scores is not { } scores)
            return new(photo.Path, null, null, null, photo.Error);
        var prediction = new ImagePrediction(model.ClassNames, scores, model.Rejection, model.Thresholds);
        ClassScore[] top = [.. prediction.Top(count).Select(pair => new ClassScore(pair.Label, Math.Round(pair.Score, 6)))];
        return new(photo.Path, prediction.PredictedLabel, top[0].Score, top, null)
        {
            Labels = model.Thresholds is null ? null : prediction.PredictedLabels,
        };
    }
}
