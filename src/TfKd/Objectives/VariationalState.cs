using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// What <see cref="VariationalInformation"/> trains: the mean of a normal distribution as a map of channels, and its variances.
/// </summary>
internal sealed class VariationalState : ObjectiveState
{
    private const double StartVariance = 5;
    private const double LeastVariance = 1e-5;

    // The fields' names are the keys of checkpoints.
    private readonly Linear first;
    private readonly Linear second;
    private readonly Linear third;
    private readonly Parameter scale;

    public VariationalState(int inputs, int outputs) : base(nameof(VariationalState))
    {
        first = nn.Linear(inputs, outputs, hasBias: false);
        second = nn.Linear(outputs, outputs, hasBias: false);
        third = nn.Linear(outputs, outputs, hasBias: false);
        scale = new Parameter(full(outputs, Math.Log(Math.Exp(StartVariance - LeastVariance) - 1), ScalarType.Float32));
        RegisterComponents();
    }

    /// <summary>Maps the last dimension.</summary>
    public Tensor Mean(Tensor input) => third.call(nn.functional.relu(second.call(nn.functional.relu(first.call(input)))));

    /// <summary>One a channel, above 0.</summary>
    public Tensor Variance() => nn.functional.softplus(scale) + LeastVariance;
}
