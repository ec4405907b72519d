using static TorchSharp.torch;

namespace TfKd;

/// <summary>Puts the dimensions of a tensor into another order, as a layer of its own, so that the ONNX export sees it.</summary>
public sealed class Permute : nn.Module<Tensor, Tensor>
{
    /// <summary>Makes the layer.</summary>
    /// <param name="dimensions">For each dimension of the result, which of the input it is: <c>0, 2, 3, 1</c> puts channels last.</param>
    /// <exception cref="ArgumentException">The numbers are not those from 0 on, each once, with the batch at its place.</exception>
    public Permute(params IReadOnlyList<long> dimensions) : base(nameof(Permute))
    {
        ArgumentNullException.ThrowIfNull(dimensions);
        if (dimensions.Count == 0 || dimensions[0] != 0
            || !dimensions.Order().SequenceEqual(Enumerable.Range(0, dimensions.Count).Select(i => (long)i)))
            throw new ArgumentException(
                $"dimensions must be 0, for the batch, and then the others, each once, but are [{string.Join(", ", dimensions)}].",
                nameof(dimensions));
        Dimensions = [.. dimensions];
    }

    /// <summary>For each dimension of the result, which of the input it is.</summary>
    public IReadOnlyList<long> Dimensions { get; }

    /// <inheritdoc/>
    /// <param name="input">The batch first; the result shares its memory.</param>
    public override Tensor forward(Tensor input) => input.permute([.. Dimensions]);
}
