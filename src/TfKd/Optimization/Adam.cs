using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Adam (Kingma and Ba, 'Adam: a method for stochastic optimization', ICLR 2015), with weight decay as an L2 penalty;
/// <see cref="AdamW"/> decays the weights themselves.
/// </summary>
/// <example><code>
/// var optimizer = new TfKd.Adam { LearningRate = 0.001 };
/// </code></example>
public sealed record Adam : OptimizerSettings
{
    /// <summary>Sets the default learning rate, 1e-3.</summary>
    public Adam() => LearningRate = 1e-3;

    /// <summary>Decay of the running mean of gradients, within [0, 1]. Default 0.9.</summary>
    public double Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>Decay of the running mean of squared gradients, within [0, 1]. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>Added to the denominator, above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value); } = 1e-8;

    /// <summary>L2 penalty added to the gradient. Default 0.</summary>
    public double WeightDecay { get; init => field = Require.NotNegative(value); }

    /// <inheritdoc/>
    public override OptimizerHelper Create(IEnumerable<Parameter> parameters) =>
        optim.Adam(parameters, LearningRate, Beta1, Beta2, Epsilon, WeightDecay);
}
