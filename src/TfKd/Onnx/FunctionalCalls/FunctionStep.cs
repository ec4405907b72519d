using static TorchSharp.torch;

namespace TfKd;

/// <summary>A function between layers, as it stands in a graph.</summary>
/// <param name="Value">Name of what it gives.</param>
/// <param name="Layer">The function, as a layer.</param>
/// <param name="Inputs">The values that it reads, in the order of its arguments.</param>
internal sealed record FunctionStep(string Value, nn.Module Layer, IReadOnlyList<string> Inputs)
{
    /// <summary>The shape of what it gives for one image.</summary>
    public required IReadOnlyList<long> Shape { get; init; }
}
