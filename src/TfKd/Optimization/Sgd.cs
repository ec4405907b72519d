using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Stochastic gradient descent with momentum. The defaults (rate 0.1, momentum 0.9, weight decay 5e-4 on every parameter, no Nesterov)
/// are those of Yuan et al., CVPR 2020.
/// </summary>
/// <example><code>
/// var optimizer = new Sgd { LearningRate = 0.05, Nesterov = true };
/// </code></example>
public sealed record Sgd : OptimizerSettings
{
    /// <summary>Fraction of the last update that is kept, within [0, 1]. Default 0.9.</summary>
    public double Momentum { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>L2 penalty added to the gradient. Default 5e-4.</summary>
    public double WeightDecay { get; init => field = Require.NotNegative(value); } = 5e-4;

    /// <summary>Nesterov's look-ahead form. Default false. This property is ignored when <see cref="Momentum"/> is 0.</summary>
    public bool Nesterov { get; init; }

    /// <inheritdoc/>
    public override OptimizerHelper Create(IEnumerable<Parameter> parameters) =>
        optim.SGD(parameters, LearningRate, Momentum, dampening: 0, WeightDecay, Nesterov && Momentum > 0);
}
