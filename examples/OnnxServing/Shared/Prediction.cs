namespace OnnxServing;

/// <summary>A class and its probability.</summary>
internal sealed record Score(string Label, float Probability);

/// <summary>What the network says of one image.</summary>
/// <param name="Label">The most probable class.</param>
/// <param name="Probability">The probability of that class.</param>
/// <param name="Scores">All classes, the most probable one first.</param>
internal sealed record Prediction(string Label, float Probability, IReadOnlyList<Score> Scores);
