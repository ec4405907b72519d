using static TorchSharp.torch;

namespace TfKd;

/// <summary>A leaf module: one with an emitter, or without parts.</summary>
/// <param name="Module">The module.</param>
/// <param name="Path">Its path from the root.</param>
/// <param name="Emitter">What writes its nodes; null: nothing does.</param>
internal sealed record LeafModule(nn.Module Module, string Path, OnnxEmitter? Emitter);

/// <summary>
/// Is told of each call of a leaf: <see cref="Enter"/> before it, with what it is to read, and <see cref="Leave"/> behind it, with what to
/// go on with.
/// </summary>
internal interface ILeafVisitor
{
    Tensor[] Enter(LeafModule leaf, params Tensor[] inputs);

    Tensor Leave(LeafModule leaf, Tensor output);
}

/// <summary>Hooks on the leaf modules of a module, until it is disposed.</summary>
internal sealed class LeafHooks : IDisposable
{
    private readonly IReadOnlyList<OnnxEmitter> _emitters;
    private readonly ILeafVisitor _visitor;
    private readonly Dictionary<Tensor, string> _parameters = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Tensor, string> _parametersOfLeaves = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<nn.Module> _seen = new(ReferenceEqualityComparer.Instance);
    private readonly List<Action> _remove = [];

    public LeafHooks(nn.Module root, IReadOnlyList<OnnxEmitter> emitters, ILeafVisitor visitor)
    {
        (_emitters, _visitor) = (emitters, visitor);
        Hook(root, path: null);
    }

    /// <summary>The parameters and buffers of modules around leaves, and of leaves without an emitter, with their paths.</summary>
    public IReadOnlyDictionary<Tensor, string> Parameters => _parameters;

    /// <summary>The parameters and buffers of leaves with an emitter, with their paths.</summary>
    public IReadOnlyDictionary<Tensor, string> ParametersOfLeaves => _parametersOfLeaves;

    public void Dispose()
    {
        foreach (var remove in _remove)
            remove();
    }

    private void Hook(nn.Module module, string? path)
    {
        if (!_seen.Add(module))
            return;
        var emitter = _emitters.FirstOrDefault(candidate => candidate.Handles(module));
        var children = module.named_children().ToList();
        var (parameters, recurses) = emitter is null ? (_parameters, false) : (_parametersOfLeaves, true);
        foreach (var (name, parameter) in module.named_parameters(recurses))
            parameters[parameter] = PathOf(name);
        foreach (var (name, buffer) in module.named_buffers(recurses))
            parameters[buffer] = PathOf(name);

        if (emitter is null && children.Count > 0)
        {
            foreach (var (name, child) in children)
                Hook(child, PathOf(name));
            return;
        }

        var leaf = new LeafModule(module, path ?? module.GetName(), emitter);
        switch (module)
        {
            case nn.Module<Tensor, Tensor> one:
                Watch(one, (_, x) => _visitor.Enter(leaf, x)[0], (_, _, y) => _visitor.Leave(leaf, y));
                break;
            case nn.Module<Tensor, Tensor, Tensor> two:
                Watch(
                    two, (_, x1, x2) => _visitor.Enter(leaf, x1, x2) is [var y1, var y2] ? (y1, y2) : (x1, x2),
                    (_, _, _, y) => _visitor.Leave(leaf, y));
                break;
            case nn.Module<Tensor[], Tensor> several:
                Watch(several, (_, x) => _visitor.Enter(leaf, x), (_, _, y) => _visitor.Leave(leaf, y));
                break;
        }

        string PathOf(string name) => path is null ? name : $"{path}.{name}";
    }

    private void Watch<TBefore, TAfter>(nn.HookableModule<TBefore, TAfter> leaf, TBefore before, TAfter after) =>
        _remove.AddRange([leaf.register_forward_pre_hook(before).remove, leaf.register_forward_hook(after).remove]);
}
