using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The gradients of a run in one piece of memory, so that they are summed over processes by one call, each in the order that its values lie
/// in memory: to put channels-last gradients into another order would take longer than to sum them.
/// </summary>
internal sealed class GradientBucket : IDisposable
{
    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly Tensor _values;
    private readonly Tensor[] _gradients;

    /// <param name="parameters">All that learns, in an order that is the same in each process.</param>
    /// <param name="agreement">The processes.</param>
    public GradientBucket(IReadOnlyList<Parameter> parameters, ReplicaAgreement agreement)
    {
        _parameters = parameters;
        using var scope = NewDisposeScope();
        // Behind the gradients stands which of them there are.
        _values = zeros(parameters.Sum(parameter => parameter.numel()) + parameters.Count).DetachFromDisposeScope();
        // Of processes on different machines one may hold its weights in another layout than the others.
        var inMemoryOrder = agreement.IsSameEverywhere(string.Join(';', parameters.Select(StridesOf)));
        _gradients = new Tensor[parameters.Count];
        var first = 0L;
        for (var i = 0; i < _gradients.Length; i++)
        {
            var (parameter, count) = (parameters[i], parameters[i].numel());
            var flat = _values.narrow(0, first, count);
            _gradients[i] = (inMemoryOrder && IsDense(parameter)
                ? flat.as_strided(parameter.shape, parameter.stride(), first)
                : flat.view(parameter.shape)).DetachFromDisposeScope();
            first += count;
        }
    }

    /// <summary>Makes the gradients the sums of those of all processes.</summary>
    public void Sum(Replicas replicas)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var values = MemoryMarshal.Cast<byte, float>(_values.bytes);
        var areThere = values[^_parameters.Count..];
        for (var i = 0; i < _gradients.Length; i++)
        {
            var gradient = _parameters[i].grad;
            areThere[i] = gradient is null ? 0 : 1;
            _ = gradient is null ? _gradients[i].zero_() : _gradients[i].copy_(gradient);
        }

        replicas.Sum(values);
        for (var i = 0; i < _gradients.Length; i++)
        {
            // What is used nowhere has no gradient, and no step is to be taken with it; a process without rows has none of its own.
            if (areThere[i] == 0)
                continue;
            if (_parameters[i].grad is { } gradient)
                gradient.copy_(_gradients[i]);
            else
                _parameters[i].grad = _gradients[i].to(_parameters[i].device, copy: true).DetachFromDisposeScope();
        }
    }

    public void Dispose()
    {
        foreach (var gradient in _gradients)
            gradient.Dispose();
        _values.Dispose();
    }

    private static string StridesOf(Tensor parameter) => string.Join(',', parameter.stride());

    private static bool IsDense(Tensor parameter) =>
        parameter.shape.Zip(parameter.stride(), (size, stride) => (size - 1) * stride).Sum() + 1 == parameter.numel();
}
