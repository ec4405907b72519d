namespace TfKd;

/// <summary>One part of a <see cref="WeightedSum"/>.</summary>
public sealed record WeightedTerm
{
    /// <summary>Takes a finite weight.</summary>
    public WeightedTerm(double weight, Objective objective)
    {
        ArgumentNullException.ThrowIfNull(objective);
        (Weight, Objective) = (weight, objective);
    }

    /// <summary>What the objective's value is multiplied by; finite, and below 0 where the objective is to be driven up.</summary>
    public double Weight { get; init => field = Require.Finite(value); }

    /// <summary>The part itself.</summary>
    public Objective Objective { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Weight} * {Objective}";
}
