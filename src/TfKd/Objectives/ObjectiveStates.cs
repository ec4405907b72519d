using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>The states of an objective and of all its parts. Equal objectives share one.</summary>
internal sealed class ObjectiveStates : IDisposable
{
    private readonly OrderedDictionary<Objective, ObjectiveState> _states = [];

    public static ObjectiveStates Create(Objective objective, ObjectiveContext context)
    {
        var states = new ObjectiveStates();
        try
        {
            states.Add(objective, context);
            return states;
        }
        catch
        {
            states.Dispose();
            throw;
        }
    }

    public IEnumerable<Parameter> Parameters => _states.Values.SelectMany(state => state.parameters());

    /// <summary>What is kept from step to step and does not learn.</summary>
    public IEnumerable<Tensor> Buffers => _states.Values.SelectMany(state => state.buffers());

    /// <summary>All parameters and buffers; each name begins with the number of its state.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Tensors => _states.Values.SelectMany((state, index) =>
        state.state_dict().Select(entry => KeyValuePair.Create($"{index}.{entry.Key}", entry.Value)));

    public ObjectiveState? Find(Objective objective) => _states.GetValueOrDefault(objective);

    /// <summary>Puts tensors back that <see cref="Tensors"/> gave.</summary>
    public void Load(IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var noGradient = no_grad();
        foreach (var (name, tensor) in Tensors)
            tensor.copy_(tensors[name]);
    }

    public void OnEpochEnd()
    {
        foreach (var state in _states.Values)
            state.OnEpochEnd();
    }

    public void Dispose()
    {
        foreach (var state in _states.Values)
            state.Dispose();
    }

    private void Add(Objective objective, ObjectiveContext context)
    {
        if (!_states.ContainsKey(objective) && objective.CreateState(context) is { } state)
        {
            _states.Add(objective, state);
            state.to(context.Device);
            // A module lets go of its parameters only; its buffers would end with the scope that the run is in.
            foreach (var tensor in state.state_dict().Values)
                tensor.DetachFromDisposeScope();
        }

        foreach (var part in objective.Parts)
            Add(part, context);
    }
}
