using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The layers up to the end of a stage, which do not learn: their parameters ask for no gradient until this is disposed, and they are to
/// run in evaluation mode, so that neither batch norms nor dropout change what they return. Which layers come before a stage is told by the
/// order of registration; parameters of a module's own come before the modules within it. Batch norms behind it may keep their statistics.
/// </summary>
internal sealed class FrozenLayers : IDisposable
{
    private readonly List<nn.Module> _modules = [];
    private readonly List<Parameter> _parameters = [];

    /// <param name="network">The network.</param>
    /// <param name="stageCount">How many of its first stages are frozen; 0 for none.</param>
    /// <param name="statistics">Whether all batch norms run as in evaluation.</param>
    /// <exception cref="InvalidOperationException">The network has fewer stages, or none of that path.</exception>
    public FrozenLayers(ImageNetwork network, int stageCount, bool statistics = false)
    {
        if (statistics)
            _modules.AddRange(network.Body.modules().Where(IsBatchNorm));
        if (stageCount == 0)
            return;
        var stages = network.Architecture.GetStages();
        if (stageCount > stages.Count)
        {
            throw new InvalidOperationException(
                $"FrozenStages is {stageCount}, but {network.Architecture} has {stages.Count} stages: [{string.Join(", ", stages)}].");
        }

        var last = stages[stageCount - 1];
        if (!Collect(network.Body, path: null, last))
        {
            throw new InvalidOperationException(
                $"{network.Architecture} names the stage '{last}', but its body has no module of that path.");
        }

        foreach (var parameter in _parameters)
            parameter.requires_grad = false;
    }

    /// <summary>Puts the layers into evaluation mode, when the network was put into training mode.</summary>
    public void Evaluate()
    {
        foreach (var module in _modules)
            module.eval();
    }

    public void Dispose()
    {
        foreach (var parameter in _parameters)
            parameter.requires_grad = true;
    }

    /// <summary>Whether a module normalises by statistics of the batch in training.</summary>
    public static bool IsBatchNorm(nn.Module module) => module is BatchNorm1d or BatchNorm2d or BatchNorm3d;

    private bool Collect(nn.Module module, string? path, string last)
    {
        if (path == last)
        {
            Add(module, recurse: true);
            return true;
        }

        foreach (var (name, child) in module.named_children())
        {
            if (!Collect(child, path is null ? name : $"{path}.{name}", last))
                continue;
            // What comes behind the stage within this module goes on learning, and the module with it.
            AddParameters(module, recurse: false);
            return true;
        }

        Add(module, recurse: false);
        return false;
    }

    private void Add(nn.Module module, bool recurse)
    {
        _modules.Add(module);
        AddParameters(module, recurse);
    }

    private void AddParameters(nn.Module module, bool recurse) =>
        _parameters.AddRange(module.parameters(recurse).Where(parameter => parameter.requires_grad));
}
