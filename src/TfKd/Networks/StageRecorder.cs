using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Keeps what a network's stages return during one forward pass.</summary>
internal sealed class StageRecorder : IDisposable
{
    private readonly List<Action> _removeHooks = [];
    private readonly Tensor?[] _outputs;
    private readonly Tensor?[] _preActivations;
    private readonly NetworkArchitecture _architecture;
    private readonly IReadOnlyList<string> _stages;

    /// <param name="network">The network.</param>
    /// <param name="withPreActivations">Whether to keep what they are before their last rectifier, too.</param>
    /// <exception cref="InvalidOperationException">The architecture names no stages, or one that is not there.</exception>
    public StageRecorder(ImageNetwork network, bool withPreActivations)
    {
        _architecture = network.Architecture;
        _stages = _architecture.GetStages();
        if (_stages.Count == 0)
            throw new InvalidOperationException($"{network.Architecture} names no stages, so there are no features to look at; override "
                + $"{nameof(NetworkArchitecture.GetStages)}, or use an objective on logits.");
        (_outputs, _preActivations) = (new Tensor?[_stages.Count], new Tensor?[withPreActivations ? _stages.Count : 0]);
        var modules = network.Body.named_modules().ToDictionary(entry => entry.name, entry => entry.module);
        try
        {
            for (var i = 0; i < _stages.Count; i++)
                Watch(i, Find(_architecture, modules, _stages[i]));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The module of a stage, among those of the body by their paths.</summary>
    /// <exception cref="InvalidOperationException">There is none from tensor to tensor.</exception>
    public static nn.Module<Tensor, Tensor> Find(
        NetworkArchitecture architecture, IReadOnlyDictionary<string, nn.Module> modules, string stage) =>
        modules.GetValueOrDefault(stage) as nn.Module<Tensor, Tensor>
            ?? throw new InvalidOperationException(
                $"{architecture} names the stage '{stage}', but its body has no module from tensor to tensor of that path.");

    /// <summary>The outputs in the order of the stages; they belong to the caller's dispose scope.</summary>
    public IReadOnlyList<Tensor> TakeFeatures() => Take(_outputs);

    /// <summary>The same before the rectifier that a stage ends with.</summary>
    public IReadOnlyList<Tensor> TakePreActivations() => Take(_preActivations);

    private Tensor[] Take(Tensor?[] kept)
    {
        var taken = new Tensor[kept.Length];
        for (var i = 0; i < taken.Length; i++)
            taken[i] = Take(kept[i])
                ?? throw new InvalidOperationException($"The stage '{_stages[i]}' took no part in the forward pass.");
        return taken;
    }

    // Objectives compare features in single precision.
    private static Tensor? Take(Tensor? output) =>
        output is not null && Autocast.Narrowed(output) ? output.to(ScalarType.Float32) : output?.alias();

    public void Dispose()
    {
        foreach (var remove in _removeHooks)
            remove();
        foreach (var tensor in _outputs.Concat(_preActivations))
            tensor?.Dispose();
    }

    private void Watch(int index, nn.Module<Tensor, Tensor> stage)
    {
        var rectified = index < _preActivations.Length ? new RectifierWatch(stage, _removeHooks) : null;
        _removeHooks.Add(stage.register_forward_hook((_, _, output) =>
        {
            // A handle of our own: containers dispose what lies between their parts.
            Keep(_outputs, _architecture.ToMap(output));
            if (rectified is not null)
                Keep(_preActivations, rectified.Take(output) ?? _architecture.ToMap(output));
            return output;
        }).remove);

        void Keep(Tensor?[] kept, Tensor tensor)
        {
            kept[index]?.Dispose();
            kept[index] = tensor.DetachFromDisposeScope();
        }
    }
}
