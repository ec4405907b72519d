namespace TfKd;

/// <summary>A distribution over the classes that an objective asks of the student for a sample, beside the sample's label.</summary>
/// <param name="Source">The objective, or the part of it, whose target this is.</param>
/// <param name="Temperature">The temperature at which it is softened.</param>
/// <param name="Probabilities">One a class, of sum 1.</param>
public sealed record SoftTarget(Objective Source, double Temperature, IReadOnlyList<double> Probabilities);
