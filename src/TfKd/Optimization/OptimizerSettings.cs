using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>An optimiser as a plain value. Deriving a record brings one of your own.</summary>
public abstract record OptimizerSettings
{
    /// <summary>The learning rate that a <see cref="LearningRateSchedule"/> scales, above 0.</summary>
    public double LearningRate { get; init => field = Require.Positive(value); } = 0.1;

    /// <summary>Makes the optimiser of some parameters; the caller disposes it.</summary>
    public abstract OptimizerHelper Create(IEnumerable<Parameter> parameters);
}
