namespace TfKd;

/// <summary>What a trace saw: calls of layers, and functions between them. Each has a place, those of functions behind all calls.</summary>
/// <param name="Calls">The calls of leaves, in their order.</param>
/// <param name="Functions">The functions, in the order in which they are computed.</param>
internal sealed record TracedGraph(IReadOnlyList<LeafCall> Calls, IReadOnlyList<FunctionStep> Functions)
{
    /// <summary>The name of the value that a call returned or a function gave.</summary>
    public string ValueAt(int place) => place < Calls.Count ? Calls[place].Value : Functions[place - Calls.Count].Value;

    /// <summary>
    /// The places of the values that can be looked at: results of calls, and those of functions that follow of them
    /// or that a call reads.
    /// </summary>
    public IReadOnlyList<int> Visible()
    {
        var read = Calls.SelectMany(call => call.Inputs).ToHashSet(StringComparer.Ordinal);
        var computable = FunctionReplay.Computable(Functions, Calls).ToHashSet();
        var functions = Enumerable.Range(0, Functions.Count)
            .Where(place => computable.Contains(place) || read.Contains(Functions[place].Value));
        return [.. Enumerable.Range(0, Calls.Count), .. functions.Select(place => Calls.Count + place)];
    }
}
