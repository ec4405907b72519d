namespace TfKd;

/// <summary>A call of a leaf module.</summary>
/// <param name="Path">The module's path.</param>
/// <param name="Value">Name of what it returned.</param>
/// <param name="Shape">Shape of that, at the traced batch of one.</param>
internal sealed record LeafCall(string Path, string Value, IReadOnlyList<long> Shape)
{
    /// <summary>The values that it read, in the order of its arguments.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];
}
