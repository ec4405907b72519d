using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter, 'Decoupled weight decay regularization', ICLR 2019).</summary>
/// <example><code>
/// var optimizer = new TfKd.AdamW { LearningRate = 0.0001, WeightDecay = 0.05 };
/// </code></example>
public sealed record AdamW : OptimizerSettings
{
    /// <summary>Sets the default learning rate, 1e-3.</summary>
    public AdamW() => LearningRate = 1e-3;

    /// <summary>Decay of the running mean of gradients, within [0, 1]. Default 0.9.</summary>
    public double Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>Decay of the running mean of squared gradients, within [0, 1]. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>Added to the denominator, above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value); } = 1e-8;

    /// <summary>Decay of the weights themselves, per step and unit of learning rate. Default 0.01.</summary>
    public double WeightDecay { get; init => field = Require.NotNegative(value); } = 0.01;

    /// <inheritdoc/>
    public override OptimizerHelper Create(IEnumerable<Parameter> parameters) =>
        optim.AdamW(parameters, LearningRate, Beta1, Beta2, Epsilon, WeightDecay);
}
