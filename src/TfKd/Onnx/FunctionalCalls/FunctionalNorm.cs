using static TorchSharp.torch;

namespace TfKd;

// Normalisations that a forward calls with parameters of the module around it, as layers that read these.

/// <summary>
/// A normalisation of its first input; behind it come weight and bias, where there are, and what else it reads.
/// </summary>
internal abstract class FunctionalNorm(string name, bool hasWeight, bool hasBias) : nn.Module<Tensor[], Tensor>(name)
{
    /// <summary>
    /// What is tried for the number that keeps it from dividing by nothing: what is usual first, then all of one digit.
    /// </summary>
    public static IReadOnlyList<double> Epsilons { get; } = [.. new[] { 1e-5, 1e-6, 1e-12, 1e-3, 1e-8, 1e-7, 1e-4, 1e-2, 0.1 }.Concat(
        from power in Enumerable.Range(1, 16) from digit in Enumerable.Range(1, 9)
        select double.Parse($"{digit}e-{power}", System.Globalization.CultureInfo.InvariantCulture)).Distinct()];

    /// <summary>The number that keeps it from dividing by nothing.</summary>
    public double Epsilon { get; set; } = Epsilons[0];

    /// <summary>Whether only small numbers show what <see cref="Epsilon"/> is; otherwise what it reads beside the first does.</summary>
    public virtual bool HidesEpsilon => true;

    public bool HasWeight => hasWeight;

    public bool HasBias => hasBias;

    public sealed override Tensor forward(Tensor[] inputs) => Compute(inputs, WeightOf(inputs), BiasOf(inputs));

    /// <summary>The weight among the inputs, or among what goes with them; null: there is none.</summary>
    public T? WeightOf<T>(IReadOnlyList<T> inputs) where T : class => hasWeight ? inputs[1] : null;

    /// <summary>The bias among the inputs, or among what goes with them; null: there is none.</summary>
    public T? BiasOf<T>(IReadOnlyList<T> inputs) where T : class => hasBias ? inputs[hasWeight ? 2 : 1] : null;

    protected abstract Tensor Compute(Tensor[] inputs, Tensor? weight, Tensor? bias);
}

/// <summary>Over the last dimensions.</summary>
/// <param name="shape">The sizes of these.</param>
/// <param name="hasWeight">Whether it reads a weight.</param>
/// <param name="hasBias">Whether it reads a bias.</param>
internal sealed class FunctionalLayerNorm(long[] shape, bool hasWeight, bool hasBias)
    : FunctionalNorm(nameof(nn.functional.layer_norm), hasWeight, hasBias)
{
    public IReadOnlyList<long> Shape => shape;

    protected override Tensor Compute(Tensor[] inputs, Tensor? weight, Tensor? bias) =>
        nn.functional.layer_norm(inputs[0], shape, weight!, bias!, Epsilon);
}

/// <summary>Over groups of channels, and all of each.</summary>
/// <param name="groups">How many.</param>
/// <param name="hasWeight">Whether it reads a weight.</param>
/// <param name="hasBias">Whether it reads a bias.</param>
internal sealed class FunctionalGroupNorm(long groups, bool hasWeight, bool hasBias)
    : FunctionalNorm(nameof(nn.functional.group_norm), hasWeight, hasBias)
{
    public long Groups => groups;

    protected override Tensor Compute(Tensor[] inputs, Tensor? weight, Tensor? bias) =>
        nn.functional.group_norm(inputs[0], groups, weight!, bias!, Epsilon);
}

/// <summary>Over each channel: a group norm of as many groups as channels, which Torch adds up in another order.</summary>
/// <param name="hasWeight">Whether it reads a weight.</param>
/// <param name="hasBias">Whether it reads a bias.</param>
internal sealed class FunctionalInstanceNorm(bool hasWeight, bool hasBias)
    : FunctionalNorm(nameof(nn.functional.instance_norm), hasWeight, hasBias)
{
    protected override Tensor Compute(Tensor[] inputs, Tensor? weight, Tensor? bias) =>
        nn.functional.instance_norm(inputs[0], weight: weight!, bias: bias!, eps: Epsilon);
}

/// <summary>By statistics, mean and variance, which are the last inputs.</summary>
/// <param name="hasWeight">Whether it reads a weight.</param>
/// <param name="hasBias">Whether it reads a bias.</param>
internal sealed class FunctionalBatchNorm(bool hasWeight, bool hasBias)
    : FunctionalNorm(nameof(nn.functional.batch_norm), hasWeight, hasBias)
{
    public override bool HidesEpsilon => false;

    protected override Tensor Compute(Tensor[] inputs, Tensor? weight, Tensor? bias) =>
        nn.functional.batch_norm(inputs[0], inputs[^2], inputs[^1], weight!, bias!, eps: Epsilon);
}

/// <summary>To a length of 1 along a dimension.</summary>
/// <param name="power">The power of the norm: 1, 2 or infinity.</param>
/// <param name="dimension">The dimension.</param>
internal sealed class FunctionalNormalize(float power, long dimension) : FunctionalNorm(nameof(nn.functional.normalize), false, false)
{
    public float Power => power;

    public long Dimension => dimension;

    protected override Tensor Compute(Tensor[] inputs, Tensor? weight, Tensor? bias) =>
        nn.functional.normalize(inputs[0], power, dimension, (float)Epsilon);
}
