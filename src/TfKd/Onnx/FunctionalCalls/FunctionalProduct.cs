using static TorchSharp.torch;

namespace TfKd;

// Products with a weight of the module around them, as layers that read it.

/// <summary>A product of its first input with its second, to which the third is added where there is one.</summary>
internal abstract class FunctionalProduct(string name) : nn.Module<Tensor[], Tensor>(name)
{
    public sealed override Tensor forward(Tensor[] inputs) => Compute(inputs[0], inputs[1], inputs.ElementAtOrDefault(2));

    protected abstract Tensor Compute(Tensor input, Tensor weight, Tensor? bias);
}

/// <summary>Along the last dimension, with a weight of [O,I].</summary>
internal sealed class FunctionalLinear() : FunctionalProduct(nameof(nn.functional.linear))
{
    protected override Tensor Compute(Tensor input, Tensor weight, Tensor? bias) => nn.functional.linear(input, weight, bias!);
}

/// <summary>Of images, with a weight of [O,I/groups,KH,KW].</summary>
internal sealed class FunctionalConvolution : FunctionalProduct
{
    public FunctionalConvolution() : base(nameof(nn.functional.conv2d))
    {
    }

    public required IReadOnlyList<long> Kernel { get; init; }

    public required long Stride { get; init; }

    public required long Dilation { get; init; }

    public required long Groups { get; init; }

    /// <summary>Zeros above and below, and left and right.</summary>
    public required (long Rows, long Columns) Padding { get; init; }

    protected override Tensor Compute(Tensor input, Tensor weight, Tensor? bias) => nn.functional.conv2d(
        input, weight, bias!, [Stride, Stride], [Padding.Rows, Padding.Columns], [Dilation, Dilation], Groups);
}
