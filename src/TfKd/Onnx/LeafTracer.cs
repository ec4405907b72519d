using System.Security.Cryptography;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Runs a module once and writes each leaf's nodes as it is called. A tensor is known by object identity: one that no leaf returned came
/// from an operation outside a leaf, and is refused when it is read, unless it is a parameter of a module that the leaf is part of. Its
/// content is compared too, so that a change in place cannot go unseen.
/// </summary>
internal sealed class LeafTracer(OnnxGraph graph, IReadOnlyList<OnnxEmitter> emitters) : ILeafVisitor
{
    private readonly Dictionary<Tensor, (OnnxValue Value, byte[] Content)> _known = new(ReferenceEqualityComparer.Instance);
    private readonly List<LeafCall> _calls = [];
    private IReadOnlyDictionary<Tensor, string> _parameters = new Dictionary<Tensor, string>();
    private OnnxValue[] _reading = [];

    /// <summary>The calls of leaves, in their order.</summary>
    public IReadOnlyList<LeafCall> Calls => _calls;

    /// <summary>Traces one forward pass in evaluation mode, without gradients, and returns the graph's value of the result.</summary>
    public OnnxValue Trace(nn.Module<Tensor, Tensor> module, OnnxValue input)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        // The numbers do not matter here, but some of oneDNN's kernels end the process on some processors.
        using var kernels = (OneDnn.CanSwitch ? ComputePath.Trusted : ComputePath.Default).Enter();
        using var mode = new EvaluationMode(module);
        using var hooks = new LeafHooks(module, emitters, this);
        _parameters = hooks.Parameters;
        var pixels = Pixels(input, module.parameters().FirstOrDefault()?.device ?? CPU);
        _known[pixels] = (input, Content(pixels));
        return Read(module.call(pixels), "The network's result is");
    }

    // Inputs are looked up before the leaf runs: it may store its result in one of them.
    void ILeafVisitor.Enter(LeafModule leaf, params ReadOnlySpan<Tensor> inputs)
    {
        var values = new OnnxValue[inputs.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = Read(inputs[i], $"'{leaf.Path}' ({leaf.Module.GetType().Name}) reads");
        _reading = values;
    }

    void ILeafVisitor.Leave(LeafModule leaf, Tensor output)
    {
        var (module, path, emitter) = leaf;
        var typeName = module.GetType().Name;
        if (emitter is null)
            throw new NotSupportedException($"'{path}' is a {typeName}, which no emitter knows. Pass an OnnxEmitter<{typeName}> to the "
                + "export, or build the module of parts that have one, invoked by call.");
        var name = emitter.Emit(module, new OnnxLeaf(graph, path, typeName, _reading, output.shape));
        var value = new OnnxValue(name, output.shape, output.dtype == ScalarType.Byte ? ScalarType.Byte : ScalarType.Float32);
        var known = (value, Content(output));
        if (emitter.Overwrites(module))
            foreach (var (tensor, _) in _known.Where(entry => entry.Value.Value.Name == _reading[0].Name).ToList())
                _known[tensor] = known;
        _known[output] = known;
        _calls.Add(new(path, name, output.shape));
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

/// <summary>A call of a leaf module.</summary>
/// <param name="Path">The module's path.</param>
/// <param name="Value">Name of what it returned.</param>
/// <param name="Shape">Shape of that, at the traced batch of one.</param>
internal sealed record LeafCall(string Path, string Value, IReadOnlyList<long> Shape);
