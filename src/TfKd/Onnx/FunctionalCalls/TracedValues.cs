using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The tensors of a traced pass. One is known by object identity; its content is compared too, so that a change in place cannot go unseen.
/// </summary>
/// <param name="root">The dispose scope that the pass runs in.</param>
internal sealed class TracedValues(DisposeScope root) : IDisposable
{
    private readonly KeptTensors _contents = new();
    private readonly Dictionary<Tensor, TracedValue> _known = new(ReferenceEqualityComparer.Instance);
    private readonly List<TracedValue> _all = [];
    private readonly List<TracedValue> _constants = [];

    /// <summary>All values but constants, in the order in which they came to be known.</summary>
    public IReadOnlyList<TracedValue> All => _all;

    public IReadOnlyList<TracedValue> Constants => _constants;

    /// <summary>Adds a parameter or buffer.</summary>
    public void AddConstant(Tensor tensor, Func<OnnxValue> write)
    {
        var value = new TracedValue(_contents.Copy(tensor), write) { IsConstant = true };
        _constants.Add(value);
        _known[tensor] = value;
    }

    /// <summary>Adds what a leaf returned, or the network's input.</summary>
    public TracedValue Add(Tensor tensor, Func<OnnxValue> write) => Add(tensor, new TracedValue(_contents.Copy(tensor), write));

    /// <summary>Adds the result of a function.</summary>
    public TracedValue Add(Tensor tensor, FunctionalCall call, Func<OnnxValue> write) =>
        Add(tensor, new TracedValue(_contents.Copy(tensor), write) { Call = call });

    /// <summary>Adds what nothing explains: it may be a number that is always the same.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="problem">What to say where it is not.</param>
    /// <param name="write">Writes it.</param>
    public TracedValue AddConstant(Tensor tensor, string problem, Func<Tensor, OnnxValue> write)
    {
        var content = _contents.Copy(tensor);
        return Add(tensor, new TracedValue(content, () => write(content)) { IsConstant = true, Problem = problem });
    }

    /// <summary>Takes note that a tensor holds a value.</summary>
    public void Set(Tensor tensor, TracedValue value) => _known[tensor] = value;

    /// <summary>Takes note that all tensors that held a value hold another: a layer wrote where its input was.</summary>
    public void Overwrite(TracedValue before, TracedValue after)
    {
        foreach (var (tensor, _) in _known.Where(entry => ReferenceEquals(entry.Value, before)).ToList())
            _known[tensor] = after;
    }

    /// <summary>What a tensor held when it was last looked at; null: it is not known.</summary>
    public TracedValue? Last(Tensor tensor) => _known.GetValueOrDefault(tensor);

    /// <summary>What a tensor holds; null: it is not known, or was changed.</summary>
    public TracedValue? Find(Tensor tensor) => Last(tensor) is { } value && Holds(tensor, value) ? value : null;

    /// <summary>
    /// The tensors that are there and not understood: made outside of leaves and not yet disposed, in the order in which they were made,
    /// and known ones that were changed.
    /// </summary>
    /// <param name="reading">The tensor that is read.</param>
    public IReadOnlyList<Tensor> Pending(Tensor reading)
    {
        var made = Scopes(reading).Reverse().SelectMany(scope => scope.DisposablesView).OfType<Tensor>();
        var changed = _known.Keys.Where(tensor => !tensor.IsInvalid && Find(tensor) is null);
        return
        [
            .. made.Where(tensor => !ReferenceEquals(tensor, reading) && !tensor.IsInvalid && !_known.ContainsKey(tensor)
                && tensor.is_floating_point()),
            .. changed.Where(tensor => !ReferenceEquals(tensor, reading)),
        ];
    }

    public void Dispose() => _contents.Dispose();

    private static bool Holds(Tensor tensor, TracedValue value) =>
        tensor.shape.AsSpan().SequenceEqual(value.Content.shape) && tensor.dtype == value.Content.dtype
            && SameContent(tensor, value.Content);

    // Bytes, since a NaN equals no NaN.
    private static bool SameContent(Tensor first, Tensor second)
    {
        using var scope = NewDisposeScope();
        return first.Equals(second)
            || first.detach().cpu().contiguous().bytes.SequenceEqual(second.cpu().contiguous().bytes);
    }

    private TracedValue Add(Tensor tensor, TracedValue value)
    {
        _all.Add(value);
        _known[tensor] = value;
        return value;
    }

    private IEnumerable<DisposeScope> Scopes(Tensor tensor)
    {
        var scope = OwnerOf(tensor);
        while (scope is not null && !ReferenceEquals(scope, root))
        {
            yield return scope;
            scope = OuterOf(scope);
        }

        yield return root;
    }

    // What a forward keeps in a scope of its own is seen by these two, or not at all where a version of TorchSharp lacks them.
    private static DisposeScope? OwnerOf(Tensor tensor)
    {
        try
        {
            return OwningScope(tensor);
        }
        catch (MissingMethodException)
        {
            return null;
        }
    }

    private static DisposeScope? OuterOf(DisposeScope scope)
    {
        try
        {
            return OuterScope(scope);
        }
        catch (MissingMethodException)
        {
            return null;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_OwningDisposeScope")]
    private static extern DisposeScope? OwningScope(Tensor tensor);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_OuterScope")]
    private static extern DisposeScope? OuterScope(DisposeScope scope);
}
