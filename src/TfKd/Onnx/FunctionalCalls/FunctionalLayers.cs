using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

// Functions that have no layer in TorchSharp, as layers.

/// <summary>An operator of ONNX of one tensor.</summary>
internal sealed class UnaryFunction(string type, Func<Tensor, Tensor> compute) : nn.Module<Tensor, Tensor>(type)
{
    public override Tensor forward(Tensor input) => compute(input);
}

/// <summary>An operator of ONNX of two tensors, whose dimensions of size 1 are repeated.</summary>
internal sealed class BinaryFunction(string type, Func<Tensor, Tensor, Tensor> compute) : nn.Module<Tensor, Tensor, Tensor>(type)
{
    public override Tensor forward(Tensor first, Tensor second) => compute(first, second);
}

/// <summary>Times a number, and a number added.</summary>
internal sealed class ScaleAndShift(float scale, float shift) : nn.Module<Tensor, Tensor>(nameof(ScaleAndShift))
{
    public float Scale => scale;

    public float Shift => shift;

    public override Tensor forward(Tensor input)
    {
        // TorchSharp's scalars are to live until libtorch has read them.
        using Scalar times = scale, plus = shift;
        using var scope = NewDisposeScope();
        return (input * times + plus).MoveToOuterDisposeScope();
    }
}

/// <summary>Between two numbers, of which one may be infinite.</summary>
internal sealed class Clamp(float low, float high) : nn.Module<Tensor, Tensor>(nameof(Clamp))
{
    public float Low => low;

    public float High => high;

    public override Tensor forward(Tensor input)
    {
        using Scalar lowest = low, highest = high;
        return input.clamp(lowest, highest);
    }
}

/// <summary>The same elements in another shape; the batch stays.</summary>
internal sealed class Reshape(params long[] shape) : nn.Module<Tensor, Tensor>(nameof(Reshape))
{
    public IReadOnlyList<long> Shape => shape;

    public override Tensor forward(Tensor input) => input.reshape([input.shape[0], .. shape]);
}

/// <summary>A range along a dimension.</summary>
internal sealed class Narrow(long dimension, long start, long length, bool drops = false) : nn.Module<Tensor, Tensor>(nameof(Narrow))
{
    public long Dimension => dimension;

    public long Start => start;

    public long Length => length;

    /// <summary>Whether a range of one loses its dimension.</summary>
    public bool Drops => drops;

    public override Tensor forward(Tensor input) =>
        drops ? input.select(dimension, start) : input.narrow(dimension, start, length);
}

/// <summary>One number of all along some dimensions.</summary>
internal sealed class Reduction(string type, Func<Tensor, long[], bool, Tensor> compute, long[] dimensions, bool keeps)
    : nn.Module<Tensor, Tensor>(type)
{
    public IReadOnlyList<long> Dimensions => dimensions;

    public bool Keeps => keeps;

    public override Tensor forward(Tensor input) => compute(input, dimensions, keeps);
}

/// <summary>Tensors one behind the other along a dimension.</summary>
internal sealed class Join(long dimension) : nn.Module<Tensor[], Tensor>(nameof(Join))
{
    public long Dimension => dimension;

    public override Tensor forward(Tensor[] tensors) => cat(tensors, dimension);
}
