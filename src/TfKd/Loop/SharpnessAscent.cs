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
        var (gradients, norm) = GradientOf(objective);
        if (!double.IsFinite(norm))
            return norm;
        using var restoring = new Restoring(parameters.Concat(buffers()));
        Move(gradients, norm);
        act();
        return norm;
    }

    private (Tensor?[] Gradients, double Norm) GradientOf(Tensor objective)
    {
        // What the objective does not depend on has none, and stays where it is.
        var gradients = autograd.grad([objective], [.. parameters], allow_unused: true)
            .Select(gradient => gradient is null || gradient.IsInvalid ? null : gradient)
            .ToArray();
        using var noGradient = no_grad();
        var norms = gradients.OfType<Tensor>().Select(gradient => gradient.norm().to(ScalarType.Float64)).ToList();
        return (gradients, norms.Count == 0 ? 0 : stack(norms).norm().item<double>());
    }

    private void Move(Tensor?[] gradients, double norm)
    {
        // Where nothing rises there is nowhere to go.
        if (norm == 0)
            return;
        using var noGradient = no_grad();
        for (var i = 0; i < gradients.Length; i++)
        {
            if (gradients[i] is { } gradient)
                parameters[i].add_(gradient, rho / norm);
        }
    }

    /// <summary>Puts the values of tensors back. By copies: adding and subtracting would leave other bits.</summary>
    private sealed class Restoring : IDisposable
    {
        private readonly List<(Tensor Tensor, Tensor Before)> _tensors;

        public Restoring(IEnumerable<Tensor> tensors)
        {
            using var noGradient = no_grad();
            _tensors = [.. tensors.Select(tensor => (tensor, tensor.detach().clone()))];
        }

        public void Dispose()
        {
            using var noGradient = no_grad();
            foreach (var (tensor, before) in _tensors)
                tensor.copy_(before);
        }
    }
}
