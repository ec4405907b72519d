using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Finds the epsilons of normalisations, which only small numbers show: where what a layer reads is not what they give, others are tried
/// for those before it whose results were not read yet in this pass.
/// </summary>
/// <param name="refuted">Where other epsilons are noted.</param>
internal sealed class NormRefit(RefutedGuesses refuted)
{
    private readonly HashSet<FunctionalCall> _settled = new(ReferenceEqualityComparer.Instance);

    /// <summary>Whether an epsilon was found to be another.</summary>
    public bool IsUsed { get; private set; }

    /// <summary>Takes note that a value is as it was found.</summary>
    public void Settle(TracedValue value) => _settled.UnionWith(NormsBefore(value));

    /// <summary>Whether a value is as it was found with another epsilon, which the layers have then.</summary>
    /// <param name="value">The value.</param>
    /// <param name="contentOf">What is known of values that come of no such layer.</param>
    /// <param name="agrees">Whether a tensor is what the value is.</param>
    public bool Try(TracedValue value, Func<TracedValue, Tensor> contentOf, Func<Tensor, bool> agrees)
    {
        var open = NormsBefore(value).Where(call => !_settled.Contains(call)).ToList();
        if (open.Count == 0)
            return false;
        var norms = open.ConvertAll(call => (FunctionalNorm)call.Layer);
        var before = norms.ConvertAll(norm => norm.Epsilon);
        foreach (var epsilon in FunctionalNorm.Epsilons)
        {
            using var scope = NewDisposeScope();
            norms.ForEach(norm => norm.Epsilon = epsilon);
            if (!agrees(Compute(value)))
                continue;
            open.ForEach(call => refuted.SetEpsilon(call.Place, epsilon));
            return IsUsed = true;
        }

        for (var i = 0; i < norms.Count; i++)
            norms[i].Epsilon = before[i];
        return false;

        Tensor Compute(TracedValue current) => current.Call is { } call && NormsBefore(current).Any(open.Contains)
            ? FunctionalCall.Compute(call.Layer, [.. call.Inputs.Select(Compute)])
            : contentOf(current);
    }

    /// <summary>The normalisations between layers that a value comes of, of those whose epsilon only small numbers show.</summary>
    public static IReadOnlyList<FunctionalCall> NormsBefore(TracedValue value)
    {
        HashSet<TracedValue> seen = new(ReferenceEqualityComparer.Instance);
        Stack<TracedValue> left = new([value]);
        List<FunctionalCall> norms = [];
        while (left.TryPop(out var next))
        {
            if (next.Call is not { } call || !seen.Add(next))
                continue;
            if (call.Layer is FunctionalNorm { HidesEpsilon: true })
                norms.Add(call);
            foreach (var before in call.Inputs)
                left.Push(before);
        }

        return norms;
    }
}
