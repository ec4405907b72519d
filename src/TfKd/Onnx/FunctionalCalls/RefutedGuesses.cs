namespace TfKd;

/// <summary>What was found not to be so when a network ran again: what the next trace does otherwise, by the places of calls.</summary>
internal sealed class RefutedGuesses
{
    private readonly Dictionary<int, int> _bans = [];
    private readonly Dictionary<int, double> _epsilons = [];

    /// <summary>How many functions that fit are passed over, for the place of a call among those that are found.</summary>
    public IReadOnlyDictionary<int, int> Bans => _bans;

    /// <summary>The epsilon of a normalisation; null: it was not refuted.</summary>
    public double? EpsilonOf(int place) => _epsilons.TryGetValue(place, out var epsilon) ? epsilon : null;

    /// <summary>Takes note of a normalisation's epsilon.</summary>
    public void SetEpsilon(int place, double epsilon) => _epsilons[place] = epsilon;

    /// <summary>Passes over the nearest function of one value that a wrong one comes of; false: all were.</summary>
    public bool Ban(TracedValue? wrong)
    {
        var ancestors = new Queue<TracedValue>(wrong is null ? [] : [wrong]);
        while (ancestors.TryDequeue(out var value))
        {
            if (value.Call is not { } call)
                continue;
            if (call.Inputs.Count == 1 && call.Layer is not FunctionalNorm && _bans.TryAdd(call.Place, 1))
                return true;
            foreach (var before in call.Inputs)
                ancestors.Enqueue(before);
        }

        return false;
    }

    /// <summary>Begins anew, but for epsilons.</summary>
    public void Clear() => _bans.Clear();
}
