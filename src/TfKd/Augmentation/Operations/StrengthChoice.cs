namespace TfKd;

/// <summary>An operation that is drawn for a row.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Strength">From 0 to 1.</param>
/// <param name="Sign">1 or -1: the direction, where the operation has two.</param>
internal readonly record struct StrengthChoice(TrivialOperation Operation, double Strength, int Sign);
