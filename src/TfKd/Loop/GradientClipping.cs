using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Shortens gradients, as TorchSharp's own does, and leaves the norm where they are: that one waits for the number.
/// </summary>
internal static class GradientClipping
{
    // Torch's; no division by nothing.
    private const double Epsilon = 1e-6;

    /// <summary>Multiplies all gradients by one factor, so that their norm is at most a given one.</summary>
    /// <param name="parameters">Whose gradients; those without one do not count.</param>
    /// <param name="most">The longest norm.</param>
    /// <returns>The norm of before, a scalar.</returns>
    public static Tensor Clip(IEnumerable<Parameter> parameters, double most)
    {
        using var noGradient = no_grad();
        List<Tensor> gradients = [.. parameters.Select(parameter => parameter.grad).OfType<Tensor>()];
        var norm = stack([.. gradients.Select(gradient => gradient.norm())]).norm();
        var factor = (most / (norm + Epsilon)).clamp_max(1);
        foreach (var gradient in gradients)
            gradient.mul_(factor);
        return norm;
    }
}
