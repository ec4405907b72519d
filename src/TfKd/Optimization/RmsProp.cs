using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// RMSprop: divides by the root of a running mean of squared gradients (Tieleman and Hinton, lecture 6.5 of 'Neural networks for machine
/// learning', 2012), with momentum on the result.
/// </summary>
/// <example><code>
/// var optimizer = new RmsProp { LearningRate = 0.01, Momentum = 0.9 };
/// </code></example>
public sealed record RmsProp : OptimizerSettings
{
    /// <summary>Sets the default learning rate, 0.01.</summary>
    public RmsProp() => LearningRate = 0.01;

    /// <summary>Decay of the running mean of squared gradients, within [0, 1]. Default 0.99.</summary>
    public double Alpha { get; init => field = Require.Fraction(value); } = 0.99;

    /// <summary>Added to the denominator, above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value); } = 1e-8;

    /// <summary>L2 penalty added to the gradient. Default 0.</summary>
    public double WeightDecay { get; init => field = Require.NotNegative(value); }

    /// <summary>Fraction of the last update that is kept, within [0, 1]. Default 0.</summary>
    public double Momentum { get; init => field = Require.Fraction(value); }

    /// <inheritdoc/>
    public override OptimizerHelper Create(IEnumerable<Parameter> parameters) =>
        optim.RMSProp(parameters, LearningRate, Alpha, Epsilon, WeightDecay, Momentum);
}
