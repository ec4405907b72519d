using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// In which ranges the values between a network's layers are, found by running it on images as it will see them: what
/// <see cref="OnnxWeights.Int8"/> needs to write these values as 8-bit integers.
/// </summary>
public sealed class OnnxCalibration
{
    /// <summary>The most images that are looked at.</summary>
    public const int MaxImages = 512;

    private const int BatchSize = 32;
    private const int Seed = 0;

    private readonly IReadOnlyList<string> _paths;
    private readonly int _functionCount;
    private readonly IReadOnlyDictionary<int, ActivationRange> _ranges;

    private OnnxCalibration(TracedGraph graph, IReadOnlyDictionary<int, ActivationRange> ranges, int imageCount)
    {
        (_paths, _functionCount) = ([.. graph.Calls.Select(call => call.Path)], graph.Functions.Count);
        (_ranges, ImageCount) = (ranges, imageCount);
    }

    /// <summary>How many images were looked at.</summary>
    public int ImageCount { get; }

    /// <summary>
    /// Runs the network over images, in evaluation mode and without gradients. Of more than <see cref="MaxImages"/> so many are
    /// taken, the same number of each class as far as there are, and the same ones each time. Batches are of one size, up to 32; a few
    /// images that would make a smaller one are left out.
    /// </summary>
    /// <param name="module">Maps images [N,C,H,W], values 0 to 255, to scores. Its mode is as before when this returns.</param>
    /// <param name="images">Images like those that are to be classified: training rows, without augmentation. Labels are not looked at,
    /// but to choose.</param>
    /// <param name="path">By which kernels to compute. Default null: by libtorch's own, which are right on every processor, and slow;
    /// a network's own <c>Calibrate</c> finds faster ones.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <param name="emitters">The emitters that the export is given.</param>
    /// <exception cref="InvalidOperationException">There are no images.</exception>
    /// <exception cref="NotSupportedException">An operation has no ONNX form, or no layer can be quantised.</exception>
    /// <exception cref="ArithmeticException">What a layer returns is not finite.</exception>
    public static OnnxCalibration Measure(
        nn.Module<Tensor, Tensor> module, IImageSource images, ComputePath? path = null, CancellationToken cancellationToken = default,
        params IReadOnlyList<OnnxEmitter> emitters)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(emitters);
        if (images.Count == 0)
            throw new InvalidOperationException("Ranges are measured on calibration images, but there are none.");
        return Measure(module, IntegerTrace.Of(module, images.Shape, emitters, out _), images, path, cancellationToken);
    }

    /// <summary>The same with a trace of the module that is there already.</summary>
    internal static OnnxCalibration Measure(
        nn.Module<Tensor, Tensor> module, IntegerTrace trace, IImageSource images, ComputePath? path, CancellationToken cancellationToken)
    {
        var chosen = Choose(images);
        using var recorder = new RangeRecorder(trace.Graph, trace.Measured);
        using (new LeafHooks(module, trace.Emitters, recorder))
        {
            Run(module, chosen, path ?? ComputePath.Unchecked, recorder, cancellationToken);
        }

        return recorder.Paths.SequenceEqual(trace.Calls.Select(call => call.Path))
            ? new OnnxCalibration(trace.Graph, recorder.ChooseRanges(), chosen.Count)
            : throw new NotSupportedException("The network calls other layers for some images than for others.");
    }

    /// <summary>The size of the batches that so many images, at least one, are run in.</summary>
    internal static int BatchSizeOf(int imageCount)
    {
        var used = Math.Min(imageCount, MaxImages);
        return used / ((used + BatchSize - 1) / BatchSize);
    }

    /// <summary>The ranges of a graph's values, for a trace of the same network.</summary>
    /// <exception cref="ArgumentException">It is another network.</exception>
    internal IReadOnlyDictionary<string, ActivationRange> RangesOf(TracedGraph graph)
    {
        var calls = graph.Calls;
        if (!calls.Select(call => call.Path).SequenceEqual(_paths) || graph.Functions.Count != _functionCount)
            throw new ArgumentException(
                $"The calibration is of another network: it has {_paths.Count} calls of layers, from '{_paths[0]}' to '{_paths[^1]}', but "
                + $"the one to export has {calls.Count}, from '{calls[0].Path}' to '{calls[^1].Path}'.");
        var ranges = new Dictionary<string, ActivationRange>(StringComparer.Ordinal);
        foreach (var (place, range) in _ranges)
            ranges[graph.ValueAt(place)] = range;
        return ranges;
    }

    /// <summary>The lower and the upper end of each range, [N,2] of float64, in the order of their places; the caller's.</summary>
    internal Tensor ToTensor()
    {
        var ends = _ranges.OrderBy(entry => entry.Key).SelectMany(entry => new[] { entry.Value.Low, entry.Value.High }).ToArray();
        return tensor(ends, [_ranges.Count, 2]);
    }

    /// <summary>Ranges that <see cref="ToTensor"/> gave, of the same network.</summary>
    internal static OnnxCalibration Of(IntegerTrace trace, Tensor ends, int imageCount)
    {
        var places = trace.Measured.Order().ToArray();
        if (!ends.shape.AsSpan().SequenceEqual([places.Length, 2]))
            throw new InvalidDataException($"Expected ranges of shape [{places.Length},2], found {Require.ShapeText(ends)}.");
        using var scope = NewDisposeScope();
        var values = ends.cpu().to(ScalarType.Float64).contiguous().data<double>().ToArray();
        var ranges = places.Select((place, i) => (place, new ActivationRange(values[2 * i], values[2 * i + 1])))
            .ToDictionary(entry => entry.place, entry => entry.Item2);
        return new OnnxCalibration(trace.Graph, ranges, imageCount);
    }

    /// <summary>The images that are looked at: in turn one of each class, until there are enough.</summary>
    internal static SourceSubset Choose(IImageSource images)
    {
        var random = new Random(Seed);
        var rows = Enumerable.Range(0, images.Count).ToArray();
        random.Shuffle(rows);
        var inTurn = rows.GroupBy(images.GetLabel).SelectMany(group => group.Select((row, turn) => (row, turn)))
            .OrderBy(entry => entry.turn).Select(entry => entry.row).Take(MaxImages).ToArray();
        var batch = BatchSizeOf(inTurn.Length);
        return new SourceSubset(images, inTurn.Take(inTurn.Length / batch * batch));
    }

    private static void Run(
        nn.Module<Tensor, Tensor> module, SourceSubset images, ComputePath path, RangeRecorder recorder, CancellationToken token)
    {
        var device = module.parameters().FirstOrDefault()?.device ?? CPU;
        var loader = new BatchLoader(images, BatchSizeOf(images.Count));
        using var mode = new EvaluationMode(module);
        foreach (var batch in loader.ReadInOrder(token))
        {
            using (batch)
            {
                using var scope = NewDisposeScope();
                using var noGrad = no_grad();
                using var kernels = path.Enter();
                recorder.Begin();
                module.call(path.Arrange(batch.Images.to(device)));
            }
        }
    }
}
