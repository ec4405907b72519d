using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// An image classifier with its normalisation inside: raw pixels in (0 to 255), logits out. Weight files hold the keys of
/// <see cref="Body"/>; the normalisation is part of the model, not of the weights.
/// </summary>
public sealed class ImageNetwork : nn.Module<Tensor, Tensor>
{
    private readonly Normalize normalize;
    private readonly nn.Module<Tensor, Tensor> body;
    private CheckedPath? _checked;

    internal ImageNetwork(NetworkArchitecture architecture, nn.Module<Tensor, Tensor> body, int classCount)
        : base(architecture.GetType().Name)
    {
        (Architecture, ClassCount, this.body) = (architecture, classCount, body);
        normalize = new Normalize(architecture.InputShape.Channels);
        RegisterComponents();
    }

    /// <summary>What was built.</summary>
    public NetworkArchitecture Architecture { get; }

    /// <summary>Number of classes K.</summary>
    public int ClassCount { get; }

    /// <summary>The network behind the normalisation.</summary>
    public nn.Module<Tensor, Tensor> Body => body;

    /// <summary>Where the weights are.</summary>
    /// <summary>
    /// The <see cref="NetworkFingerprint"/> of the weights that a trainer left in it, when it made it or after a run, and that of those
    /// that it came to that run with (<see cref="RunData.StudentFingerprint"/>); null where none did, or no checkpoint asks for it.
    /// </summary>
    internal (string Left, string? CameWith)? TrainersFingerprint { get; set; }

    internal Device Device => this.parameters().First().device;

    /// <summary>The first layer: subtracts the mean and divides by the standard deviation of each channel.</summary>
    public Normalize Normalization => normalize;

    /// <summary>
    /// In which orientations <see cref="Predict"/> and exported files look at an image. Default: as it is. Training, and what the network
    /// says as a teacher, do not depend on it.
    /// </summary>
    /// <exception cref="ArgumentException">Images of the architecture's shape cannot be turned so.</exception>
    public TestTimeAugmentation TestTimeAugmentation
    {
        get;
        set
        {
            Orientation.RequireFit(Require.Defined(value), Architecture.InputShape);
            field = value;
        }
    }

    /// <summary>
    /// The logits of images as the finished classifier gives them: means over the orientations of <see cref="TestTimeAugmentation"/>.
    /// Put the network into evaluation mode before.
    /// </summary>
    /// <param name="images">[N,C,H,W], values 0 to 255, uint8 or floating point.</param>
    /// <returns>[N,K].</returns>
    /// <example><code>
    /// network.TestTimeAugmentation = TestTimeAugmentation.HorizontalFlip;
    /// network.eval();
    /// using var images = torch.zeros(1, 3, 32, 32);
    /// using var answer = network.Predict(images);
    /// </code></example>
    public Tensor Predict(Tensor images)
    {
        var orientations = Orientation.Of(TestTimeAugmentation);
        if (orientations.Count == 1)
            return call(images);
        using var scope = NewDisposeScope();
        // One after another: the kernels at hand were checked for batches of this size.
        var logits = stack([.. orientations.Select(orientation => call(orientation.Apply(images)))]);
        return logits.mean([0]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <param name="images">[N,C,H,W], values 0 to 255, uint8 or floating point.</param>
    public override Tensor forward(Tensor images)
    {
        using var normalized = normalize.call(images);
        return RequireLogits(body.call(normalized));
    }

    /// <summary>A second network of the same normalisation, weights, device and layout.</summary>
    /// <param name="shape">The shape of the images that the second is for.</param>
    internal ImageNetwork Copy(ImageShape shape)
    {
        var copy = (Architecture with { InputShape = shape }).Build(ClassCount);
        copy.Normalization.Set(Normalization.Statistics);
        copy.TestTimeAugmentation = TestTimeAugmentation;
        copy.to(Device);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var state = Body.state_dict();
        foreach (var (key, tensor) in copy.Body.state_dict())
            tensor.set_(Require.SameShape(state[key], tensor, key).detach().clone());
        return copy;
    }

    /// <summary>How the network computes: by what <see cref="UsePath"/> took, otherwise as Torch does by itself.</summary>
    internal ComputePath Path => _checked?.Path ?? ComputePath.Default;

    /// <summary>The same for batches of a size, which may have kernels of their own in the same layout.</summary>
    internal ComputePath PathOf(int batchSize) => _checked?.Of(batchSize) ?? ComputePath.Default;

    /// <summary>The same with what it was checked for.</summary>
    internal CheckedPath? Checked => _checked;

    /// <summary>Takes a path and lays the weights out for it; make optimisers, whose buffers follow the layout, after it.</summary>
    internal void UsePath(CheckedPath path)
    {
        path.Path.Prepare(this);
        _checked = path;
    }

    /// <summary>Forgets the path, as a run does when it is over: what comes next has other batches and checks for itself.</summary>
    internal void ReleasePath() => _checked = null;

    /// <summary>
    /// How to compute batches: by the path in use where it was checked for them, otherwise by what a check of their own finds.
    /// </summary>
    internal CheckedPath PathFor(ImageShape shape, IReadOnlyList<int> batchSizes) =>
        _checked is { } known && known.Covers(shape, batchSizes) ? known : CheckPath(shape, batchSizes);

    /// <summary>
    /// Sees to it that the path in use is right for a batch of this size and for those that came before. Not in inference mode: weights
    /// that are laid out anew in it could never be trained again.
    /// </summary>
    internal void EnsurePathFor(ImageShape shape, int batchSize)
    {
        if (_checked?.Covers(shape, [batchSize]) == true)
            return;
        UsePath(CheckPath(shape, [.. _checked is { } known && known.Shape == shape ? known.BatchSizes : [], batchSize]));
    }

    private CheckedPath CheckPath(ImageShape shape, IReadOnlyList<int> batchSizes) =>
        CheckKernels(shape, batchSizes) is { } check
            ? new(check, shape, batchSizes)
            : new(ComputePath.Default, shape, batchSizes);

    /// <summary>
    /// The check of the network's convolutions on the CPU; null on another device, where <see cref="ComputePath.Default"/> is the one to
    /// use.
    /// </summary>
    internal KernelCheckResult? CheckKernels(ImageShape shape, IReadOnlyList<int> batchSizes, Precision precision = Precision.Float32) =>
        Device.type == DeviceType.CPU
            ? KernelCheck.Choose(this, [shape.Channels, shape.Height, shape.Width], precision, batchSizes)
            : null;

    /// <summary>
    /// Measures what an export with <see cref="OnnxWeights.Int8"/> needs, as <see cref="OnnxCalibration"/> describes it, by the kernels
    /// that <see cref="KernelCheck"/> finds right.
    /// </summary>
    /// <param name="images">Images like those that are to be classified: training rows, without augmentation.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="InvalidOperationException">There are no images.</exception>
    /// <exception cref="NotSupportedException">An operation has no ONNX form, or no layer can be quantised.</exception>
    /// <exception cref="ArithmeticException">What a layer returns is not finite.</exception>
    /// <example><code>
    /// var small = OnnxExporter.Export(network, new OnnxExportOptions
    /// {
    ///     InputShape = network.Architecture.InputShape,
    ///     Weights = OnnxWeights.Int8,
    ///     Calibration = network.Calibrate(training),
    /// });
    /// </code></example>
    public OnnxCalibration Calibrate(IImageSource images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        var path = images.Count == 0 ? null : PathFor(images.Shape, [OnnxCalibration.BatchSizeOf(images.Count)]).Path;
        return ScalarRace.Survive(
            () => OnnxCalibration.Measure(this, images, path, cancellationToken, Architecture.GetOnnxEmitters()));
    }

    /// <summary>Runs the network and returns all that objectives may ask of it.</summary>
    /// <param name="images">[N,C,H,W], values 0 to 255, uint8 or floating point.</param>
    /// <param name="withFeatures">Whether to return the output of each stage, too. Default false.</param>
    /// <param name="withPreActivations">Whether to return that before a stage's last rectifier, too. Default false.</param>
    /// <exception cref="InvalidOperationException">
    /// Features were asked for, and the architecture names no stages or one that is not there.
    /// </exception>
    public NetworkOutput Run(Tensor images, bool withFeatures = false, bool withPreActivations = false)
    {
        if (!withFeatures && !withPreActivations)
            return new(call(images));
        using var recorder = new StageRecorder(this, withPreActivations);
        var logits = call(images);
        return new(logits)
        {
            Features = withFeatures ? recorder.TakeFeatures() : [],
            PreActivations = withPreActivations ? recorder.TakePreActivations() : [],
        };
    }

    /// <summary>The first part of a body that is an <see cref="IFeatureBody"/>, behind the normalisation.</summary>
    /// <param name="images">[N,C,H,W], values 0 to 255, uint8 or floating point.</param>
    internal Tensor Extract(Tensor images)
    {
        using var normalized = normalize.call(images);
        return Single(((IFeatureBody)body).Extract(normalized));
    }

    /// <summary>The second part of such a body: features to logits.</summary>
    internal Tensor Classify(Tensor features) => RequireLogits(((IFeatureBody)body).Classify(features));

    // A body of the user's own may have its own idea of the number of classes.
    private Tensor RequireLogits(Tensor logits) => logits.dim() == 2 && logits.shape[1] == ClassCount
        ? Single(logits)
        : throw new InvalidOperationException(
            $"{Architecture} must return logits of shape [N,{ClassCount}], but returned {Require.ShapeText(logits)}.");

    // What comes out of bfloat16 is softmaxed, compared and summed in single precision.
    private static Tensor Single(Tensor output) => Autocast.Narrowed(output) ? output.to(ScalarType.Float32) : output;
}
