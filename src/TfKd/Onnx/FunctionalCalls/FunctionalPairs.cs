using static TorchSharp.torch;

namespace TfKd;

/// <summary>Functions of two tensors, tried on values.</summary>
internal static class FunctionalPairs
{
    /// <summary>Functions of two tensors, whose order does not matter.</summary>
    public static IReadOnlyList<(nn.Module<Tensor, Tensor, Tensor> Layer, Func<float, float, float> Number)> Symmetric { get; } =
    [
        (new Add(), (x, y) => x + y),
        (new Multiply(), (x, y) => x * y),
        (new BinaryFunction("Max", (x, y) => x.maximum(y)), MathF.Max),
        (new BinaryFunction("Min", (x, y) => x.minimum(y)), MathF.Min),
    ];

    /// <summary>Functions of two tensors, whose order matters.</summary>
    private static IReadOnlyList<(nn.Module<Tensor, Tensor, Tensor> Layer, Func<float, float, float> Number)> Ordered { get; } =
    [
        (new BinaryFunction("Sub", (x, y) => x - y), (x, y) => x - y),
        (new BinaryFunction("Div", (x, y) => x / y), (x, y) => x / y),
    ];

    /// <summary>The product of matrices.</summary>
    private static nn.Module<Tensor, Tensor, Tensor> Product { get; } = new BinaryFunction("MatMul", (x, y) => x.matmul(y));

    /// <summary>What gives a result of two values.</summary>
    public static nn.Module<Tensor, Tensor, Tensor>? Fitting(TracedValue first, TracedValue second, TracedValue result) =>
        Commuting(first, second, result) ?? InOrder(first, second, result);

    /// <summary>What gives a result of two values, of the functions whose order does not matter.</summary>
    public static nn.Module<Tensor, Tensor, Tensor>? Commuting(TracedValue first, TracedValue second, TracedValue result) =>
        Fitting(Symmetric, first, second, result);

    /// <summary>What gives a result of two values, of the functions whose order matters.</summary>
    public static nn.Module<Tensor, Tensor, Tensor>? InOrder(TracedValue first, TracedValue second, TracedValue result)
    {
        if (Fitting(Ordered, first, second, result) is { } layer)
            return layer;
        long[] left = first.Content.shape, right = second.Content.shape, to = result.Content.shape;
        if (left.Length < 2 || right.Length < 2 || to.Length < 2 || left[^1] != right[^2] || left[^2] != to[^2] || right[^1] != to[^1]
            || !TensorMatch.Broadcast(left[..^2], right[..^2], to[..^2]))
            return null;
        using var scope = NewDisposeScope();
        var product = Product;
        return TensorMatch.Same(product.forward(first.Content, second.Content), result.Content) ? product : null;
    }

    private static nn.Module<Tensor, Tensor, Tensor>? Fitting(
        IReadOnlyList<(nn.Module<Tensor, Tensor, Tensor> Layer, Func<float, float, float> Number)> layers, TracedValue first,
        TracedValue second, TracedValue result)
    {
        long[] left = first.Content.shape, right = second.Content.shape;
        if (!TensorMatch.Broadcast(left, right, result.Content.shape))
            return null;
        var isPlain = left.SequenceEqual(right);
        foreach (var (layer, number) in layers)
        {
            if (isPlain && !TensorMatch.Plausible(number, first.Sample, second.Sample, result.Sample))
                continue;
            using var scope = NewDisposeScope();
            if (TensorMatch.Same(layer.forward(first.Content, second.Content), result.Content))
                return layer;
        }

        return null;
    }
}
