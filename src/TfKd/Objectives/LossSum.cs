namespace TfKd;

/// <summary>What a <see cref="LossLog"/> holds of a term.</summary>
/// <param name="Term">The term's name.</param>
/// <param name="Sum">Sum of its values.</param>
/// <param name="Count">Number of values, each of a step; those of parts of steps add up.</param>
internal sealed record LossSum(string Term, double Sum, double Count);
