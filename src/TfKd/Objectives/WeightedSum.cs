using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A sum of objectives, each with a weight of its own: sum of w_i L_i. Weights are plain numbers, none is 'the rest to 1'. Written with
/// operators: <c>0.1 * new CrossEntropy() + 0.9 * new SoftTargetKl { Temperature = 20 }</c>; sums within sums are flattened.
/// </summary>
public sealed record WeightedSum : Objective
{
    /// <summary>Takes the parts, at least one.</summary>
    public WeightedSum(IReadOnlyList<WeightedTerm> terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        if (terms.Count == 0)
            throw new ArgumentException("A sum of objectives must have at least one term, but has none.", nameof(terms));
        Terms = [.. terms];
    }

    /// <summary>The parts, in the order they were added.</summary>
    public IReadOnlyList<WeightedTerm> Terms { get; }

    /// <summary>All that any part needs.</summary>
    public override ObjectiveNeeds Needs => Terms.Aggregate(ObjectiveNeeds.None, (needs, term) => needs | term.Objective.Needs);

    /// <inheritdoc/>
    public override IEnumerable<Objective> Parts => Terms.Select(term => term.Objective);

    internal override SmoothedLabel? AsSmoothedLabel(int classCount) => Terms
        .Select(term => term.Weight * term.Objective.AsSmoothedLabel(classCount))
        .Aggregate((sum, term) => sum + term);

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input) =>
        Terms.Select(term => term.Weight * term.Objective.Compute(input)).Aggregate((sum, value) => sum + value);

    /// <summary>Equal terms in the same order.</summary>
    public bool Equals(WeightedSum? other) => other is not null && Terms.SequenceEqual(other.Terms);

    /// <inheritdoc/>
    public override int GetHashCode() => Terms.Aggregate(0, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => string.Join(" + ", Terms);

    internal static IReadOnlyList<WeightedTerm> TermsOf(Objective objective) =>
        objective is WeightedSum sum ? sum.Terms : [new(1, objective)];
}
