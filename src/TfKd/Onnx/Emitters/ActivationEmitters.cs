using TorchSharp.Modules;

namespace TfKd;

internal sealed class LeakyReLUEmitter : OnnxEmitter<LeakyReLU>
{
    protected override string Emit(LeakyReLU layer, OnnxLeaf leaf) =>
        leaf.Node("LeakyRelu", [leaf.Input.Name], OnnxArgument.Of("alpha", layer.negative_slope));

    protected override bool OverwritesInput(LeakyReLU layer) => layer.inplace;
}

internal sealed class ELUEmitter : OnnxEmitter<ELU>
{
    protected override string Emit(ELU layer, OnnxLeaf leaf) =>
        leaf.Node("Elu", [leaf.Input.Name], OnnxArgument.Of("alpha", layer.alpha));

    protected override bool OverwritesInput(ELU layer) => layer.inplace;
}

internal sealed class CELUEmitter : OnnxEmitter<CELU>
{
    protected override string Emit(CELU layer, OnnxLeaf leaf) =>
        leaf.Node("Celu", [leaf.Input.Name], OnnxArgument.Of("alpha", layer.alpha));

    protected override bool OverwritesInput(CELU layer) => layer.inplace;
}

internal sealed class SELUEmitter : OnnxEmitter<SELU>
{
    protected override string Emit(SELU layer, OnnxLeaf leaf) => leaf.Node("Selu", [leaf.Input.Name]);

    protected override bool OverwritesInput(SELU layer) => layer.inplace;
}

/// <summary>x tanh(softplus(x)): a node of its own came with opset 18 only.</summary>
internal sealed class MishEmitter : OnnxEmitter<Mish>
{
    protected override string Emit(Mish layer, OnnxLeaf leaf)
    {
        var curve = leaf.Node("Tanh", [leaf.Node("Softplus", [leaf.Input.Name])]);
        return leaf.Node("Mul", [leaf.Input.Name, curve]);
    }

    protected override bool OverwritesInput(Mish layer) => layer.inplace;
}

internal sealed class HardtanhEmitter : OnnxEmitter<Hardtanh>
{
    // What TorchSharp's layer computes is thrown away, and its input returned.
    protected override string Emit(Hardtanh layer, OnnxLeaf leaf) => layer.inplace
        ? leaf.Node("Clip", [leaf.Input.Name, leaf.Scalar("min", layer.min_val), leaf.Scalar("max", layer.max_val)])
        : throw leaf.Refuse("TorchSharp's layer returns its input as it is unless inplace is true");

    protected override bool OverwritesInput(Hardtanh layer) => layer.inplace;
}

internal sealed class TanhEmitter : OnnxEmitter<Tanh>
{
    protected override string Emit(Tanh layer, OnnxLeaf leaf) => leaf.Node("Tanh", [leaf.Input.Name]);

    protected override bool OverwritesInput(Tanh layer) => layer.inplace;
}

internal sealed class SoftsignEmitter : OnnxEmitter<Softsign>
{
    protected override string Emit(Softsign layer, OnnxLeaf leaf) => leaf.Node("Softsign", [leaf.Input.Name]);

    protected override bool OverwritesInput(Softsign layer) => layer.inplace;
}

internal sealed class TanhshrinkEmitter : OnnxEmitter<Tanhshrink>
{
    protected override string Emit(Tanhshrink layer, OnnxLeaf leaf) =>
        leaf.Node("Sub", [leaf.Input.Name, leaf.Node("Tanh", [leaf.Input.Name])]);

    protected override bool OverwritesInput(Tanhshrink layer) => layer.inplace;
}

internal sealed class HardshrinkEmitter : OnnxEmitter<Hardshrink>
{
    protected override string Emit(Hardshrink layer, OnnxLeaf leaf) =>
        leaf.Node("Shrink", [leaf.Input.Name], OnnxArgument.Of("lambd", layer.lambda));
}

internal sealed class SoftshrinkEmitter : OnnxEmitter<Softshrink>
{
    protected override string Emit(Softshrink layer, OnnxLeaf leaf) =>
        leaf.Node("Shrink", [leaf.Input.Name], OnnxArgument.Of("lambd", layer.lambda), OnnxArgument.Of("bias", layer.lambda));
}

/// <summary>
/// log(1 + exp(beta x)) / beta. Torch goes on with x itself from a threshold on, where the two are one in float32.
/// </summary>
internal sealed class SoftplusEmitter : OnnxEmitter<Softplus>
{
    // Below it log(1 + exp(x)) and x differ by more than the rounding of float32.
    private const double LowestThreshold = 16;

    protected override string Emit(Softplus layer, OnnxLeaf leaf)
    {
        if (layer.threshold < LowestThreshold)
            throw leaf.Refuse($"it goes on straight from {layer.threshold}, and only from {LowestThreshold} on the curve is straight");
        if (layer.beta == 1)
            return leaf.Node("Softplus", [leaf.Input.Name]);
        var beta = leaf.Scalar("beta", layer.beta);
        return leaf.Node("Div", [leaf.Node("Softplus", [leaf.Node("Mul", [leaf.Input.Name, beta])]), beta]);
    }
}

/// <summary>-softplus(-x).</summary>
internal sealed class LogSigmoidEmitter : OnnxEmitter<LogSigmoid>
{
    protected override string Emit(LogSigmoid layer, OnnxLeaf leaf) =>
        leaf.Node("Neg", [leaf.Node("Softplus", [leaf.Node("Neg", [leaf.Input.Name])])]);
}

internal sealed class LogSoftmaxEmitter : OnnxEmitter<LogSoftmax>
{
    protected override string Emit(LogSoftmax layer, OnnxLeaf leaf) =>
        leaf.Node("LogSoftmax", [leaf.Input.Name], OnnxArgument.Of("axis", layer.dim));
}

internal sealed class Softmax2dEmitter : OnnxEmitter<Softmax2d>
{
    protected override string Emit(Softmax2d layer, OnnxLeaf leaf) =>
        leaf.Node("Softmax", [leaf.Input.Name], OnnxArgument.Of("axis", -3));
}

internal sealed class SoftminEmitter : OnnxEmitter<Softmin>
{
    protected override string Emit(Softmin layer, OnnxLeaf leaf) =>
        leaf.Node("Softmax", [leaf.Node("Neg", [leaf.Input.Name])], OnnxArgument.Of("axis", layer.dim));
}

/// <summary>A slope a channel, or one for all.</summary>
internal sealed class PReLUEmitter : OnnxEmitter<PReLU>
{
    protected override string Emit(PReLU layer, OnnxLeaf leaf)
    {
        long[] shape = [layer.num_parameters, .. Enumerable.Repeat(1L, Math.Max(0, leaf.Input.Shape.Count - 2))];
        using var slope = layer.weight.view(shape);
        return leaf.Node("PRelu", [leaf.Input.Name, leaf.Weights("weight", slope)]);
    }
}

/// <summary>One half of the channels times the sigmoid of the other.</summary>
internal sealed class GLUEmitter : OnnxEmitter<GLU>
{
    protected override string Emit(GLU layer, OnnxLeaf leaf)
    {
        var axis = layer.dim < 0 ? layer.dim + leaf.Input.Shape.Count : layer.dim;
        var half = leaf.OutputShape[(int)axis];
        return leaf.Node("Mul", [Half("first", 0), leaf.Node("Sigmoid", [Half("second", half)])]);

        string Half(string name, long start) => leaf.Node("Slice",
        [
            leaf.Input.Name, leaf.Integers($"{name}_start", start), leaf.Integers($"{name}_end", start + half),
            leaf.Integers($"{name}_axis", axis),
        ]);
    }
}

/// <summary>x where it is above a threshold, and a number where it is not.</summary>
internal sealed class ThresholdEmitter : OnnxEmitter<Threshold>
{
    protected override string Emit(Threshold layer, OnnxLeaf leaf)
    {
        var isAbove = leaf.Node("Greater", [leaf.Input.Name, leaf.Scalar("threshold", layer.threshold)]);
        return leaf.Node("Where", [isAbove, leaf.Input.Name, leaf.Scalar("value", layer.value)]);
    }

    protected override bool OverwritesInput(Threshold layer) => layer.inplace;
}
