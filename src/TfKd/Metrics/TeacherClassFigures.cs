using System.Text.Json.Serialization;

namespace TfKd;

/// <summary>What a teacher says of the rows of one class; NaN where there are none.</summary>
/// <param name="Name">The class.</param>
/// <param name="Count">Number of rows.</param>
/// <param name="Accuracy">Fraction of them that the teacher puts into the class.</param>
/// <param name="TargetProbability">Mean probability of the class in the targets, where a hard label has 1.</param>
/// <param name="KlFromSmoothedLabel">
/// Mean nats that the targets say of the other classes, where a hard label says none; see <see cref="TeacherFigures.KlFromSmoothedLabel"/>.
/// </param>
public sealed record TeacherClassFigures(
    string Name,
    int Count,
    double Accuracy,
    double TargetProbability,
    // By the name that cards of saved models have it under.
    [property: JsonPropertyName("Gain")] double KlFromSmoothedLabel);
