using System.Security.Cryptography;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Runs a module once and writes each leaf's nodes as it is called. A tensor is known by object identity: one that no leaf returned came
/// from an operation outside a leaf, and is refused when it is read, unless it is a parameter of a module that the leaf is part of. Its
/// content is compared too, so that a change in place cannot go unseen.
/// </summary>
internal sealed class LeafTracer(OnnxGraph graph, IReadOnlyList<OnnxEmitter> emitters)
{
    private readonly Dictionary<Tensor, (OnnxValue Value, byte[] Content)> _known = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Tensor, string> _parameters = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<nn.Module> _seen = new(ReferenceEqualityComparer.Instance);
    private readonly List<Action> _removeHooks = [];
    private OnnxValue[] _reading = [];

    /// <summary>Traces one forward pass in evaluation mode, without gradients, and returns the graph's value of the result.</summary>
    public OnnxValue Trace(nn.Module<Tensor, Tensor> module, OnnxValue input)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        // The numbers do not matter here, but some of oneDNN's kernels end the process on some processors.
        using var kernels = (OneDnn.CanSwitch ? ComputePath.Trusted : ComputePath.Default).Enter();
        using var mode = new EvaluationMode(module);
        try
        {
            Hook(module, path: null);
            var pixels = Pixels(input, module.parameters().FirstOrDefault()?.device ?? CPU);
            _known[pixels] = (input, Content(pixels));
            return Read(module.call(pixels), "The network's result is");
        }
        finally
        {
            foreach (var remove in _removeHooks)
                remove();
        }
    }

    private void Hook(nn.Module module, string? path)
    {
        if (!_seen.Add(module))
            return;
        var emitter = emitters.FirstOrDefault(candidate => candidate.Handles(module));
        var children = module.named_children().ToList();
        if (emitter is null && children.Count > 0)
        {
            foreach (var (name, parameter) in module.named_parameters(recurse: false))
                _parameters[parameter] = PathOf(name);
            foreach (var (name, child) in children)
                Hook(child, PathOf(name));
            return;
        }
        path ??= module.GetName();
        switch (module)
        {
            case nn.Module<Tensor, Tensor> leaf:
                Watch(leaf, (_, x) => { Enter(leaf, path, x); return x; }, (_, _, y) => Leave(leaf, path, emitter, y));
                break;
            case nn.Module<Tensor, Tensor, Tensor> leaf:
                Watch(leaf, (_, x1, x2) => { Enter(leaf, path, x1, x2); return (x1, x2); }, (_, _, _, y) => Leave(leaf, path, emitter, y));
                break;
            case nn.Module<Tensor[], Tensor> leaf:
                Watch(leaf, (_, x) => { Enter(leaf, path, x); return x; }, (_, _, y) => Leave(leaf, path, emitter, y));
                break;
        }

        string PathOf(string name) => path is null ? name : $"{path}.{name}";
    }

    private void Watch<TBefore, TAfter>(nn.HookableModule<TBefore, TAfter> leaf, TBefore before, TAfter after) =>
        _removeHooks.AddRange([leaf.register_forward_pre_hook(before).remove, leaf.register_forward_hook(after).remove]);

    // Inputs are looked up before the leaf runs: it may store its result in one of them.
    private void Enter(nn.Module leaf, string path, params ReadOnlySpan<Tensor> inputs)
    {
        var values = new OnnxValue[inputs.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = Read(inputs[i], $"'{path}' ({leaf.GetType().Name}) reads");
        _reading = values;
    }

    private Tensor Leave(nn.Module leaf, string path, OnnxEmitter? emitter, Tensor output)
    {
        var typeName = leaf.GetType().Name;
        if (emitter is null)
            throw new NotSupportedException($"'{path}' is a {typeName}, which no emitter knows. Pass an OnnxEmitter<{typeName}> to the "
                + "export, or build the module of parts that have one, invoked by call.");
        var name = emitter.Emit(leaf, new OnnxLeaf(graph, path, typeName, _reading, output.shape));
        var value = new OnnxValue(name, output.shape, output.dtype == ScalarType.Byte ? ScalarType.Byte : ScalarType.Float32);
        var known = (value, Content(output));
        if (emitter.Overwrites(leaf))
            foreach (var (tensor, _) in _known.Where(entry => entry.Value.Value.Name == _reading[0].Name).ToList())
                _known[tensor] = known;
        _known[output] = known;
        return output;
    }

    private OnnxValue Read(Tensor tensor, string subject)
    {
        if (_parameters.TryGetValue(tensor, out var parameter))
            return new(graph.Weights(parameter, tensor), tensor.shape, ScalarType.Float32);
        if (!_known.TryGetValue(tensor, out var known))
            throw new NotSupportedException($"{subject} a tensor that no layer returned. Put the operation that makes it into a module of "
                + "its own, and invoke modules by call, not by forward.");
        if (!Content(tensor).AsSpan().SequenceEqual(known.Content))
            throw new NotSupportedException(
                $"{subject} a tensor that was changed in place after a layer returned it. Use an operation that returns a new tensor.");
        return known.Value;
    }

    private static byte[] Content(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return SHA256.HashData(tensor.cpu().contiguous().bytes);
    }

    /// <summary>An image without symmetry and without zeros, the same every time: an operation that changes something is to show.</summary>
    private static Tensor Pixels(OnnxValue input, Device device)
    {
        var bytes = new byte[input.Shape.Aggregate((product, next) => checked(product * next))];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(1 + ((uint)i * 2654435761 >> 24) % 255);
        return tensor(bytes, [.. input.Shape], input.Type == ScalarType.Byte ? ScalarType.Byte : ScalarType.Float32, device);
    }
}
