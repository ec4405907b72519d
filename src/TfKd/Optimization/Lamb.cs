using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// LAMB: <see cref="AdamW"/>'s direction, decay included, scaled for each layer's weights to their own length, so that large batches can be
/// trained at large rates.
/// </summary>
/// <remarks>
/// You et al., 'Large batch optimization for deep learning: training BERT in 76 minutes', ICLR 2020, algorithm 2, with the length itself
/// for its function of it; weights, or a direction, of length 0 are not scaled. A layer's weights are one tensor: scales and biases are
/// layers by themselves.
/// </remarks>
/// <example><code>
/// var optimizer = new Lamb { LearningRate = 0.005 };
/// </code></example>
public sealed record Lamb : OptimizerSettings
{
    /// <summary>Sets the default learning rate, 1e-3.</summary>
    public Lamb() => LearningRate = 1e-3;

    /// <summary>Decay of the running mean of gradients, within [0, 1). Default 0.9.</summary>
    public double Beta1 { get; init => field = Require.FractionBelowOne(value); } = 0.9;

    /// <summary>Decay of the running mean of squared gradients, within [0, 1). Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.FractionBelowOne(value); } = 0.999;

    /// <summary>Added to the denominator, above 0. Default 1e-6.</summary>
    public double Epsilon { get; init => field = Require.Positive(value); } = 1e-6;

    /// <summary>Decay of the weights themselves, per step and unit of learning rate. Default 0.01.</summary>
    public double WeightDecay { get; init => field = Require.NotNegative(value); } = 0.01;

    /// <inheritdoc/>
    public override OptimizerHelper Create(IEnumerable<Parameter> parameters) => new LambOptimizer(parameters, this);
}
