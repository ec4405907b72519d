using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>A call of a leaf in a traced pass: what it read and returned.</summary>
/// <param name="Path">The module's path.</param>
/// <param name="Inputs">What it read.</param>
/// <param name="Output">What it returned.</param>
/// <param name="Widened">Whether other numbers were put into the place of its result.</param>
/// <param name="Overwrites">Whether its result is where its input was.</param>
internal sealed record TracedCall(string Path, TracedValue[] Inputs, TracedValue Output, bool Widened, bool Overwrites);

/// <summary>
/// Runs a module once more, on a batch of other images, and compares what its leaves read with what the functions that were found give.
/// </summary>
/// <param name="calls">The calls of the traced pass.</param>
/// <param name="wide">What to put into the place of results; null: the results stay.</param>
/// <param name="refit">What tries other epsilons.</param>
internal sealed class TraceCheck(IReadOnlyList<TracedCall> calls, WideValues? wide, NormRefit refit) : ILeafVisitor, IDisposable
{
    // Sums may be taken in another order in a batch.
    private const double Tolerance = 1e-5;

    private readonly KeptTensors _contents = new();
    private readonly Dictionary<TracedValue, Tensor> _known = new(ReferenceEqualityComparer.Instance);
    private int _next;

    /// <summary>What was found not to be as it was taken to be.</summary>
    public TracedValue? Wrong { get; private set; }

    /// <summary>Runs the module, on which hooks with this visitor are.</summary>
    /// <param name="module">The module, in evaluation mode.</param>
    /// <param name="images">Images.</param>
    /// <param name="input">The value of the images.</param>
    /// <param name="result">The value of the module's result.</param>
    /// <exception cref="NotSupportedException">Something is not as it was found.</exception>
    public void Run(nn.Module<Tensor, Tensor> module, Tensor images, TracedValue input, TracedValue result)
    {
        _known[input] = _contents.Copy(images);
        Compare(result, module.call(images), "The network's result is");
        if (_next != calls.Count)
            throw Differs($"The network calls {_next} layers", $"{calls.Count} for another batch");
    }

    Tensor[] ILeafVisitor.Enter(LeafModule leaf, params Tensor[] inputs)
    {
        if (_next == calls.Count || calls[_next].Path != leaf.Path || calls[_next].Inputs.Length != inputs.Length)
            throw Differs($"The network calls '{leaf.Path}'", "another layer for another batch");
        for (var i = 0; i < inputs.Length; i++)
            Compare(calls[_next].Inputs[i], inputs[i], $"'{leaf.Path}' ({leaf.Module.GetType().Name}) reads");
        return inputs;
    }

    Tensor ILeafVisitor.Leave(LeafModule leaf, Tensor output)
    {
        var call = calls[_next++];
        // One without an emitter, of which a function was found, a constant, or that it does nothing to what it reads.
        if (call.Output.Call is not null || call.Output.IsConstant || _known.ContainsKey(call.Output))
        {
            Compare(call.Output, output, $"'{leaf.Path}' ({leaf.Module.GetType().Name}) returns");
            return output;
        }

        if (wide is not null && call.Widened)
            output = wide.Replace(output, call.Overwrites);
        _known[call.Output] = _contents.Copy(output);
        return output;
    }

    public void Dispose() => _contents.Dispose();

    private Tensor ContentOf(TracedValue value)
    {
        if (value.IsConstant)
            return value.Content;
        if (_known.TryGetValue(value, out var known))
            return known;
        using var scope = NewDisposeScope();
        var call = value.Call!;
        return _known[value] = _contents.Copy(FunctionalCall.Compute(call.Layer, [.. call.Inputs.Select(ContentOf)]));
    }

    private void Compare(TracedValue value, Tensor found, string subject)
    {
        if (Agrees(Known(value, subject)))
        {
            refit.Settle(value);
            return;
        }

        if (refit.Try(value, ContentOf, Agrees))
        {
            Forget(value);
            return;
        }

        if (value.Problem is { } problem)
            throw new NotSupportedException(problem);
        Wrong = value;
        throw Differs($"{subject} what {Describe(value)} gives for one image", "something else for a batch of others");

        bool Agrees(Tensor expected) =>
            expected.shape.AsSpan().SequenceEqual(found.shape) && (expected.Equals(found) || AreClose(expected, found));
    }

    // Numbers beyond all that networks have make exponentials infinite: of these places nothing can be said.
    private bool AreClose(Tensor expected, Tensor found)
    {
        using var scope = NewDisposeScope();
        if (wide is { IsLarge: true } && expected.is_floating_point() && expected.isfinite().logical_and(found.isfinite()) is var finite)
            (expected, found) = (expected.masked_fill(finite.logical_not(), 0), found.masked_fill(finite.logical_not(), 0));
        return (expected - found).abs().max().le(expected.abs().max() * Tolerance).item<bool>();
    }

    // What holds for a batch of one, as a parameter that is repeated for each image, may not even have a form for two.
    private Tensor Known(TracedValue value, string subject)
    {
        try
        {
            return ContentOf(value);
        }
        catch (ExternalException exception) when (!ScalarRace.IsCauseOf(exception))
        {
            Wrong = value;
            throw Differs($"{subject} what {Describe(value)} gives for one image", "that cannot be computed for a batch of others");
        }
    }

    // What functions gave is computed again when it is read.
    private void Forget(TracedValue value)
    {
        if (value.Call is not { } call || !_known.Remove(value))
            return;
        foreach (var before in call.Inputs)
            Forget(before);
    }

    private static string Describe(TracedValue value) => value.Call?.Layer.GetName() ?? "a layer";

    private static NotSupportedException Differs(string found, string expected) => new(
        $"{found}, but {expected}. What the network's forward computes between its layers cannot be followed: {LeafTracer.Advice}");
}
