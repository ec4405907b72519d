using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>The step of <see cref="Lamb"/>, on the state of TorchSharp's AdamW, which checkpoints know.</summary>
internal sealed class LambOptimizer(IEnumerable<Parameter> parameters, Lamb settings) : TorchSharp.Modules.AdamW(
    parameters, settings.LearningRate, settings.Beta1, settings.Beta2, settings.Epsilon, settings.WeightDecay)
{
    public override Tensor step(Func<Tensor>? closure = null) => _step<ParamGroup>(
        group =>
        {
            foreach (var weights in group.Parameters)
            {
                if (weights.grad is { } gradient)
                    Change(weights, gradient, (State)_state[weights.Handle], group.LearningRate);
            }
        },
        closure);

    // TorchSharp has a dispose scope around the whole of it, and no gradient is kept.
    private void Change(Parameter weights, Tensor gradient, State state, double rate)
    {
        var (beta1, beta2) = (settings.Beta1, settings.Beta2);
        state.step++;
        state.exp_avg.mul_(beta1).add_(gradient, alpha: 1 - beta1);
        state.exp_avg_sq.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
        var divisor = (state.exp_avg_sq / (1 - Math.Pow(beta2, state.step))).sqrt_().add_(settings.Epsilon);
        var direction = (state.exp_avg / (1 - Math.Pow(beta1, state.step))).div_(divisor).add_(weights, alpha: settings.WeightDecay);
        var (length, ofDirection) = (weights.norm(), direction.norm());
        var ratio = where(length.gt(0).logical_and(ofDirection.gt(0)), length / ofDirection, ones_like(length));
        weights.sub_(direction.mul_(ratio * rate));
    }
}
