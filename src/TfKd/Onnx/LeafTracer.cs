using System.Runtime.ExceptionServices;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Runs a module once and writes each leaf's nodes as it is called. A tensor is known by object identity and content; what no leaf
/// returned, or what was changed in place, came from functions that a forward called, which <see cref="FunctionalSearch"/> finds, or is
/// always the same. The results of leaves are replaced by <see cref="WideValues"/>, so that the functions show what they do; where there
/// are any, <see cref="TraceCheck"/> runs the module again on batches of other images.
/// </summary>
internal sealed class LeafTracer(OnnxGraph graph, IReadOnlyList<OnnxEmitter> emitters) : ILeafVisitor
{
    /// <summary>What to do about something that cannot be followed.</summary>
    public const string Advice = "put the operation that makes it into a module of its own, with an OnnxEmitter, and invoke modules by "
        + "call, not by forward.";

    private const int CheckBatch = 2;
    private const int MostAttempts = 10;
    private const float SmallScale = 0.03f;

    // Where limits show that the network is far from.
    private const float LargeScale = 1e3f;

    // Where what is added to a variance shows, and where what a norm divides by at least does.
    private const float TinyScale = 1e-5f, TiniestScale = 1e-15f;

    // What the functions are looked for with, until the checks hold.
    private static readonly float[] _scales = [1, SmallScale, LargeScale, TinyScale];

    private readonly List<LeafCall> _calls = [];
    private readonly List<TracedCall> _traced = [];
    private readonly RefutedGuesses _refuted = new();
    private int _scale;
    private WideValues _wide = new(1);
    private TracedValue? _wrong;
    private TracedValues? _values;
    private FunctionalSearch? _search;
    private TracedValue[] _reading = [];

    /// <summary>The calls of leaves, and the functions between them.</summary>
    public TracedGraph Traced => new(_calls, _search?.Written ?? []);

    private TracedValues Values => _values!;

    /// <summary>Traces one forward pass in evaluation mode, without gradients, and returns the graph's value of the result.</summary>
    public OnnxValue Trace(nn.Module<Tensor, Tensor> module, OnnxValue input)
    {
        using var noGrad = no_grad();
        // The numbers do not matter here, but some of oneDNN's kernels end the process on some processors.
        using var kernels = ComputePath.Unchecked.Enter();
        using var mode = new EvaluationMode(module);
        var takeBack = graph.Mark();
        NotSupportedException? refusal = null;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                if (TraceOnce(module, input) is { } result)
                    return result;
            }
            catch (NotSupportedException exception)
            {
                refusal ??= exception;
                if (!TryOtherwise())
                    ExceptionDispatchInfo.Throw(refusal);
            }

            if (attempt == MostAttempts)
                ExceptionDispatchInfo.Throw(refusal ?? new NotSupportedException($"The network's norms cannot be followed: {Advice}"));
            takeBack();
            _calls.Clear();
            _traced.Clear();
        }
    }

    // Null where a number in a function was found to be another than it was written to be.
    private OnnxValue? TraceOnce(nn.Module<Tensor, Tensor> module, OnnxValue input)
    {
        using var scope = NewDisposeScope();
        using var values = new TracedValues(scope);
        (_values, _search) = (values, new FunctionalSearch(values, graph, emitters, _refuted));
        (_wide, _wrong) = (new WideValues(1, _scales[_scale]), null);
        var device = module.parameters().FirstOrDefault()?.device ?? CPU;
        TracedValue images, result;
        using (var hooks = new LeafHooks(module, emitters, this))
        {
            foreach (var (parameter, path) in hooks.Parameters)
                values.AddConstant(parameter, () => Weights(path, parameter));
            _search.ParametersOfLeaves =
            [
                .. from entry in hooks.ParametersOfLeaves
                   select new TracedValue(entry.Key.detach(), () => Weights(entry.Value, entry.Key)) { IsConstant = true },
            ];
            var pixels = Pixels(input, 1, device);
            images = values.Add(pixels, () => input);
            result = Read(module.call(pixels), "The network's result is");
        }

        if (_search.IsUsed && !Check(module, batch => Pixels(input, batch, device), images, result))
            return null;
        return result.Written;

        OnnxValue Weights(string path, Tensor parameter) => new(graph.Weights(path, parameter), parameter.shape, ScalarType.Float32);
    }

    // Two functions may be one for the numbers of the pass, as softmax of large ones along rows and along columns: the next that fits is
    // tried then, and in the end other numbers.
    private bool TryOtherwise()
    {
        if (_search is not { IsUsed: true })
            return false;
        if (_refuted.Ban(_wrong))
            return true;
        if (_scale == _scales.Length - 1)
            return false;
        _scale++;
        _refuted.Clear();
        return true;
    }

    // Inputs are looked up before the leaf runs: it may store its result in one of them.
    Tensor[] ILeafVisitor.Enter(LeafModule leaf, params Tensor[] inputs)
    {
        var values = new TracedValue[inputs.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = Read(inputs[i], $"'{leaf.Path}' ({leaf.Module.GetType().Name}) reads");
        _reading = values;
        return inputs;
    }

    Tensor ILeafVisitor.Leave(LeafModule leaf, Tensor output)
    {
        var (module, path, emitter) = leaf;
        var typeName = module.GetType().Name;
        if (emitter is null)
        {
            var explained = Explain(
                output, $"'{path}' is a {typeName}, which no emitter knows, and what it computes is no function that is followed. Pass an "
                + $"OnnxEmitter<{typeName}> to the export, or build the module of parts that have one, invoked by call.");
            return Called(path, explained, output, widened: false, overwrites: false);
        }

        var inputs = _reading.Select(input => input.Written).ToList();
        var name = emitter.Emit(module, new OnnxLeaf(graph, path, typeName, inputs, output.shape));
        var (passes, overwrites) = (inputs.Any(input => input.Name == name), emitter.Overwrites(module));
        if (!passes)
            output = Replace(output, overwrites);
        long[] shape = [.. output.shape];
        var type = output.dtype == ScalarType.Byte ? ScalarType.Byte : ScalarType.Float32;
        var value = Values.Add(output, () => new(name, shape, type));
        if (overwrites)
            Values.Overwrite(_reading[0], value);
        return Called(path, value, output, !passes, overwrites);
    }

    private Tensor Replace(Tensor output, bool inPlace)
    {
        var other = _wide.Replace(output, inPlace);
        if (!ReferenceEquals(other, output))
            _search!.Ignore(output);
        return other;
    }

    private Tensor Called(string path, TracedValue value, Tensor output, bool widened, bool overwrites)
    {
        _calls.Add(new(path, value.Written.Name, output.shape) { Inputs = [.. _reading.Select(input => input.Written.Name)] });
        _traced.Add(new(path, _reading, value, widened, overwrites));
        return output;
    }

    private TracedValue Read(Tensor tensor, string subject)
    {
        var problem = Values.Last(tensor) is null
            ? "that no layer returned"
            : "that was changed in place after a layer returned it";
        return Explain(tensor, $"{subject} a tensor of shape {Require.ShapeText(tensor)} {problem}, and what was done is no function that "
            + $"is followed: {Advice}");
    }

    private TracedValue Explain(Tensor tensor, string problem)
    {
        if ((Values.Find(tensor) ?? _search!.Explain(tensor, problem)) is { } explained)
            return explained;
        return tensor.is_floating_point() ? _search!.Constant(tensor, problem) : throw new NotSupportedException(problem);
    }

    private bool Check(nn.Module<Tensor, Tensor> module, Func<int, Tensor> pixelsOf, TracedValue images, TracedValue result)
    {
        var (holds, seed) = (true, 1u);
        float?[] tiny = _search!.HidesEpsilons ? [TinyScale, TiniestScale] : _search.Divides ? [TinyScale] : [];
        // With large numbers, with small ones, and with the network's own, which layers that share memory compute as they are used.
        foreach (var scale in (float?[])[1, SmallScale, LargeScale, .. tiny, null])
        {
            using var scope = NewDisposeScope();
            var refit = new NormRefit(_refuted);
            using var check = new TraceCheck(_traced, scale is { } factor ? new WideValues(++seed, factor) : null, refit);
            using var hooks = new LeafHooks(module, emitters, check);
            try
            {
                check.Run(module, pixelsOf(CheckBatch), images, result);
            }
            finally
            {
                _wrong = check.Wrong;
            }

            holds &= !refit.IsUsed;
        }

        return holds;
    }

    /// <summary>Images without symmetry and without zeros, the same every time: an operation that changes something is to show.</summary>
    private static Tensor Pixels(OnnxValue input, int count, Device device)
    {
        long[] shape = [count, .. input.Shape.Skip(1)];
        var bytes = new byte[shape.Aggregate((product, next) => checked(product * next))];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(1 + ((uint)i * 2654435761 >> 24) % 255);
        return tensor(bytes, shape, input.Type == ScalarType.Byte ? ScalarType.Byte : ScalarType.Float32, device);
    }
}
