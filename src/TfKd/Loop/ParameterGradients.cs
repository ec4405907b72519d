using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>The gradients of a value, one a parameter; null where the value does not depend on it.</summary>
/// <remarks>They belong to the caller's dispose scope.</remarks>
internal sealed class ParameterGradients
{
    private readonly Tensor?[] _gradients;

    /// <param name="value">A scalar with its graph, which is used up.</param>
    /// <param name="parameters">What learns.</param>
    public ParameterGradients(Tensor value, IReadOnlyList<Parameter> parameters) =>
        // TorchSharp gives a tensor without a handle where there is none.
        _gradients = parameters.Count == 0
            ? []
            :
            [
                .. autograd.grad([value], [.. parameters], allow_unused: true)
                    .Select(gradient => gradient is null || gradient.IsInvalid ? null : gradient),
            ];

    public Tensor? this[int index] => _gradients[index];

    /// <summary>The length of each, in float64; 0 of one that is not there.</summary>
    public double[] Norms()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var norms = new double[_gradients.Length];
        int[] known = [.. Enumerable.Range(0, norms.Length).Where(index => _gradients[index] is not null)];
        if (known.Length == 0)
            return norms;
        // Read at once: each read waits for the device.
        var values = stack([.. known.Select(index => _gradients[index]!.norm().to(ScalarType.Float64))]).cpu().data<double>();
        for (var i = 0; i < known.Length; i++)
            norms[known[i]] = values[i];
        return norms;
    }
}
