using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>The moving average of a network's weights over the steps of a run.</summary>
/// <param name="network">Whose weights they are.</param>
/// <param name="decay">Fraction of the average that is kept at each step.</param>
internal sealed class AveragedWeights(ImageNetwork network, double decay) : IDisposable
{
    // Not the name of a weight: these have dots, or stand in a module.
    private const string StepsKey = "averaged steps";

    private Dictionary<string, Tensor> _average = [];
    private long _steps;

    /// <summary>The average; empty before the first step.</summary>
    public IEnumerable<Tensor> Tensors => _average.Values;

    /// <summary>What a checkpoint holds of it.</summary>
    /// <param name="name">What the network is called there.</param>
    public CheckpointPart CheckpointPart(string name) => new($"{name}-average.", Read, Load);

    /// <summary>Follows the network by a step.</summary>
    public void OnStepEnd()
    {
        using var scope = NewDisposeScope();
        var state = network.Body.state_dict();
        _steps++;
        if (_average.Count == 0)
            _average = CopyOf(state);
        else
            WeightBlend.Move(_average, state, 1 - Math.Min(decay, 1 - 1.0 / _steps));
    }

    /// <summary>
    /// Puts the average into the network until the returned object is disposed, which puts the network's own weights back; before the first
    /// step it has these.
    /// </summary>
    public IDisposable Use()
    {
        using var scope = NewDisposeScope();
        var own = new KeptValues(_average.Count == 0 ? [] : network.Body.state_dict().Values);
        Keep();
        return own;
    }

    /// <summary>Puts the average into the network for good.</summary>
    public void Keep()
    {
        using var scope = NewDisposeScope();
        if (_average.Count > 0)
            WeightBlend.Move(network.Body.state_dict(), _average, 1);
    }

    public void Dispose()
    {
        foreach (var tensor in _average.Values)
            tensor.Dispose();
    }

    private static Dictionary<string, Tensor> CopyOf(IReadOnlyDictionary<string, Tensor> state) =>
        state.ToDictionary(entry => entry.Key, entry => entry.Value.detach().clone().DetachFromDisposeScope());

    private IEnumerable<KeyValuePair<string, Tensor>> Read() =>
        _steps == 0 ? [] : [.. _average, KeyValuePair.Create(StepsKey, tensor(_steps))];

    private void Load(IReadOnlyDictionary<string, Tensor> state)
    {
        if (!state.TryGetValue(StepsKey, out var steps))
            return;
        Dispose();
        _steps = steps.item<long>();
        _average = CopyOf(network.Body.state_dict());
        WeightBlend.Move(_average, state, 1);
    }
}
