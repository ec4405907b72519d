using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Moves weights to where an objective is about highest near them, as <see cref="Sam"/> does. They, and all that a forward pass changes
/// besides, are afterwards as before.
/// </summary>
/// <param name="parameters">What learns, and is moved.</param>
/// <param name="buffers">Gives what a forward pass may change: buffers of the network and of its objective.</param>
/// <param name="rho">How far the parameters are moved, all together.</param>
internal sealed class SharpnessAscent(IReadOnlyList<Parameter> parameters, Func<IEnumerable<Tensor>> buffers, double rho)
{
    /// <summary>Does something where the objective is about highest.</summary>
    /// <param name="objective">The objective at the weights, with its graph, which is used up.</param>
    /// <param name="act">What is done there; not where the gradient is not finite.</param>
    /// <returns>The norm of the gradient at the weights.</returns>
    public double Climb(Tensor objective, Action act)
    {
        using var scope = NewDisposeScope();
        var gradients = new ParameterGradients(objective, parameters);
        var norm = Math.Sqrt(gradients.Norms().Sum(length => length * length));
        if (!double.IsFinite(norm))
            return norm;
        using var restoring = new KeptValues(parameters.Concat(buffers()));
        Move(gradients, norm);
        act();
        return norm;
    }

    private void Move(ParameterGradients gradients, double norm)
    {
        // Where nothing rises there is nowhere to go.
        if (norm == 0)
            return;
        using var noGradient = no_grad();
        for (var i = 0; i < parameters.Count; i++)
        {
            if (gradients[i] is { } gradient)
                parameters[i].add_(gradient, rho / norm);
        }
    }
}
