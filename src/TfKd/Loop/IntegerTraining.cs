using static TorchSharp.torch;

namespace TfKd;

/// <summary>What has a network of a run compute as its export in integers will: when ranges are measured, and in which steps.</summary>
internal sealed class IntegerTraining : IDisposable
{
    private const string RangesKey = "ranges";
    private const string CountKey = "images";

    private readonly ImageNetwork _network;
    private readonly FakeQuantization _settings;
    private readonly IImageSource _rows;
    private readonly ReplicaAgreement _agreement;
    private readonly FakeQuantizer _quantizer;
    private bool _isMeasured;
    private bool _isBegun;

    /// <param name="network">The network; hooks are on it until this is disposed.</param>
    /// <param name="settings">What is asked for.</param>
    /// <param name="rows">The training rows, on some of which ranges are measured.</param>
    /// <param name="agreement">The processes that must have the same ranges.</param>
    /// <exception cref="NotSupportedException">The network cannot be written in integers.</exception>
    public IntegerTraining(ImageNetwork network, FakeQuantization settings, IImageSource rows, ReplicaAgreement agreement)
    {
        (_network, _settings, _rows, _agreement) = (network, settings, rows, agreement);
        var limit = settings.ReduceRange ? ChannelWeights.ReducedLimit : ChannelWeights.Limit;
        _quantizer = new FakeQuantizer(network, rows.Shape, limit, network.Architecture.GetOnnxEmitters());
    }

    /// <summary>The ranges in use; null before they are measured.</summary>
    public OnnxCalibration? Calibration => _quantizer.Calibration;

    /// <summary>Before the steps of an epoch.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="goesOn">Whether some of its steps were taken already, with ranges that came out of a checkpoint.</param>
    /// <param name="token">Stops between two batches.</param>
    public void OnEpochBegin(int epoch, bool goesOn, CancellationToken token)
    {
        _isBegun = epoch >= _settings.FirstEpoch;
        if (_isBegun && !_isMeasured && !goesOn)
            Measure(token);
    }

    /// <summary>After a step: the weights are others.</summary>
    public void OnStepEnd() => _isMeasured = false;

    /// <summary>Has a step compute in integers until the returned object is disposed; null: it does not.</summary>
    public IDisposable? UseInStep() => _isBegun ? _quantizer.Use() : null;

    /// <summary>Measures the ranges of the network's weights as they are, and has it compute in integers until it is disposed.</summary>
    /// <param name="own">Whether these are the weights that learn, and not others in their place.</param>
    /// <param name="token">Stops between two batches.</param>
    public IDisposable UseMeasured(bool own, CancellationToken token)
    {
        Measure(token);
        _isMeasured = own;
        return _quantizer.Use();
    }

    /// <summary>What a checkpoint holds of it.</summary>
    /// <param name="name">What the network is called there.</param>
    public CheckpointPart CheckpointPart(string name) => new($"{name}-integers.", Read, Load);

    public void Dispose() => _quantizer.Dispose();

    private void Measure(CancellationToken token)
    {
        var path = _network.PathFor(_rows.Shape, [OnnxCalibration.BatchSizeOf(_rows.Count)]).Path;
        _quantizer.Measure(_rows, path, token);
        if (_agreement.Replicas is null)
            return;
        using var ends = _quantizer.Calibration!.ToTensor();
        _agreement.TakeOfFirst([ends]);
        _quantizer.Take(ends, _quantizer.Calibration.ImageCount);
    }

    private IEnumerable<KeyValuePair<string, Tensor>> Read() => Calibration is not { } calibration
        ? []
        : [
            KeyValuePair.Create(RangesKey, calibration.ToTensor()), KeyValuePair.Create(CountKey, tensor((long)calibration.ImageCount)),
        ];

    private void Load(IReadOnlyDictionary<string, Tensor> state)
    {
        if (state.TryGetValue(RangesKey, out var ends))
            _quantizer.Take(ends, (int)state[CountKey].item<long>());
    }
}
