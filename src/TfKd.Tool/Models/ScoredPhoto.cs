namespace TfKd.Tool;

/// <summary>What a model says of a photo.</summary>
/// <param name="Path">The file.</param>
/// <param name="Scores">The probability of each class; null: the photo could not be read.</param>
/// <param name="Error">Why not.</param>
internal sealed record ScoredPhoto(string Path, float[]? Scores, string? Error);
