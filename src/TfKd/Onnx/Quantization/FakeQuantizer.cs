using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Has a module compute in float32 what its export computes in 8-bit integers: weights and values between layers are rounded where the file
/// rounds them. The gradient passes rounding unchanged, and is 0 where a value is beyond its range.
/// </summary>
internal sealed class FakeQuantizer : ILeafVisitor, IDisposable
{
    private readonly nn.Module<Tensor, Tensor> _module;
    private readonly IntegerTrace _trace;
    private readonly IntegerPlaces _places;
    private readonly Parameter[] _weights;
    private readonly int _limit;
    private readonly LeafHooks _hooks;
    private readonly Action _removeRestart;
    private readonly List<Tensor> _read = [];
    private IReadOnlyDictionary<string, ActivationRange>? _ranges;
    private OnnxCalibration? _calibration;
    private bool _isActive;
    private int _next;

    /// <param name="module">Maps images [N,C,H,W] to scores; hooks are on it until this is disposed.</param>
    /// <param name="shape">The shape of an image.</param>
    /// <param name="limit">The largest weight.</param>
    /// <param name="emitters">The emitters that the export is given.</param>
    /// <exception cref="NotSupportedException">
    /// An operation has no ONNX form, no layer can be quantised, or a layer's weights are not a parameter as it is.
    /// </exception>
    public FakeQuantizer(nn.Module<Tensor, Tensor> module, ImageShape shape, int limit, IReadOnlyList<OnnxEmitter> emitters)
    {
        (_module, _limit, _trace) = (module, limit, IntegerTrace.Of(module, shape, emitters, out var plan));
        _places = new IntegerPlaces(_trace.Graph, plan);
        var parameters = module.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter);
        _weights = [.. _places.Weights.Select(name => parameters.GetValueOrDefault(name) ?? throw Unknown(name))];
        _hooks = new LeafHooks(module, _trace.Emitters, this);
        _removeRestart = module.register_forward_pre_hook((_, x) => { _next = 0; return x; }).remove;
    }

    /// <summary>The ranges that values are held in; null before they are set.</summary>
    public OnnxCalibration? Calibration
    {
        get => _calibration;
        set => (_calibration, _ranges) = (value, value?.RangesOf(_trace.Graph));
    }

    /// <summary>Measures ranges of the module's own values, in float32, and takes them.</summary>
    /// <exception cref="ArithmeticException">What a layer returns is not finite.</exception>
    public void Measure(IImageSource images, ComputePath path, CancellationToken token) =>
        Calibration = OnnxCalibration.Measure(_module, _trace, images, path, token);

    /// <summary>Takes ranges that <see cref="OnnxCalibration.ToTensor"/> gave.</summary>
    public void Take(Tensor ends, int imageCount) => Calibration = OnnxCalibration.Of(_trace, ends, imageCount);

    /// <summary>Computes so until the returned object is disposed, which puts the weights back; they must not learn before.</summary>
    public IDisposable Use()
    {
        if (Calibration is null)
            throw new InvalidOperationException("There are no ranges yet; expected Measure or Take before.");
        return new Rounded(this);
    }

    public void Dispose()
    {
        _hooks.Dispose();
        _removeRestart();
    }

    /// <summary>A channel's weights, the first dimension, as the integers that the file has, times their scale.</summary>
    /// <remarks>
    /// The file's scale may be above this one where a bias is 1e7 times all weights of its channel, which are then nothing.
    /// </remarks>
    internal static Tensor Round(Tensor weights, int limit)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var rows = weights.detach().flatten(1);
        var scales = (rows.abs().amax([1], keepdim: true) / limit).clamp_min(ChannelWeights.SmallestScale);
        return (rows / scales).round_().clamp_(-limit, limit).mul_(scales).view(weights.shape).MoveToOuterDisposeScope();
    }

    /// <summary>Values as the integers that the file has, times their scale.</summary>
    internal static Tensor Round(Tensor values, ActivationRange range)
    {
        double scale = range.Scale;
        var result = values.clamp(-range.ZeroPoint * scale, (byte.MaxValue - range.ZeroPoint) * scale);
        // What the gradient knows of is the clamp; what is changed behind its back it passes unchanged.
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        result.div_(scale).round_().mul_(scale);
        return result;
    }

    Tensor[] ILeafVisitor.Enter(LeafModule leaf, params Tensor[] inputs)
    {
        if (!_isActive)
            return inputs;
        if (_next == _trace.Calls.Count || _trace.Calls[_next].Path != leaf.Path)
            throw new NotSupportedException($"The network calls '{leaf.Path}' where it did not in evaluation mode, so that it cannot be "
                + $"trained with {nameof(FakeQuantization)}: expected the same layers in both modes.");
        return _places.ReadsOf(_next) is not { } reads
            ? inputs
            : [.. inputs.Select((input, place) => reads.TryGetValue(place, out var value) ? Read(input, _ranges![value]) : input)];
    }

    Tensor ILeafVisitor.Leave(LeafModule leaf, Tensor output)
    {
        if (!_isActive)
            return output;
        foreach (var read in _read)
            Release(read);
        _read.Clear();
        if (_places.ResultOf(_next++) is not { } value)
            return output;
        var rounded = Round(output, _ranges![value]);
        Release(output);
        return rounded;
    }

    private Tensor Read(Tensor input, ActivationRange range)
    {
        var rounded = Round(input, range);
        _read.Add(rounded);
        return rounded;
    }

    // What has a gradient is kept by others anyhow.
    private static void Release(Tensor tensor)
    {
        if (!tensor.requires_grad)
            tensor.Dispose();
    }

    private static NotSupportedException Unknown(string name) => new(
        $"'{name}' is no parameter of the network, so that what makes it cannot be trained with {nameof(FakeQuantization)}: expected an "
        + "emitter that writes the weights of integer layers by their parameters' names.");

    private sealed class Rounded : IDisposable
    {
        private readonly FakeQuantizer _owner;
        private readonly KeptValues _own;

        public Rounded(FakeQuantizer owner)
        {
            _owner = owner;
            using var noGradient = no_grad();
            _own = new KeptValues(owner._weights);
            foreach (var weight in owner._weights)
            {
                using var rounded = Round(weight, owner._limit);
                weight.copy_(rounded);
            }

            owner._isActive = true;
        }

        public void Dispose()
        {
            _owner._isActive = false;
            _own.Dispose();
        }
    }
}
