using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A network as a plain value: what to build, with every hyper-parameter, and nothing built yet. Deriving a record and overriding
/// <see cref="BuildBody"/> is all it takes to bring a network of your own.
/// </summary>
public abstract record NetworkArchitecture
{
    /// <summary>Sets the shape the network was designed for.</summary>
    protected NetworkArchitecture(ImageShape inputShape) => InputShape = inputShape;

    /// <summary>The shape of the images the network is trained on; the default is the architecture's own.</summary>
    public ImageShape InputShape
    {
        get;
        init => field = value is { Channels: > 0, Height: > 0, Width: > 0 }
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(InputShape), value, $"InputShape must be above 0 in each dimension, but is {value}.");
    }

    /// <summary>Builds the network with fresh weights, drawn from Torch's global generator.</summary>
    /// <param name="classCount">Number of classes K, at least 2.</param>
    public ImageNetwork Build(int classCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 2);
        // Often the first that a program asks of Torch.
        TorchRuntime.EnsureLoaded();
        return new ImageNetwork(this, BuildBody(classCount), classCount);
    }

    /// <summary>
    /// The stages of the network, from the images on: paths of modules within the body (<c>layer1</c>, <c>features.2</c>) that map a tensor
    /// to a tensor and whose outputs [N,C,H,W] objectives may ask for. Default: none, and objectives on features refuse the network.
    /// </summary>
    public virtual IReadOnlyList<string> GetStages() => [];

    /// <summary>
    /// What a stage returned as a map [N,C,H,W], which is what objectives on features look at: the place to arrange the tokens of a
    /// transformer. Default: what it returned.
    /// </summary>
    /// <param name="stageOutput">What a stage returned.</param>
    /// <returns>A tensor of its own, which may share memory with the argument.</returns>
    public virtual Tensor ToMap(Tensor stageOutput) => Require.NotNull(stageOutput).alias();

    /// <summary>
    /// The key of this network for a key that published weight files have instead; null for what belongs to parts that this network leaves
    /// out, such as classifiers used in training only, which loading passes over. Asked only for keys that the network does not have
    /// itself. Default: the same key, which is then an error.
    /// </summary>
    public virtual string? TranslateWeightKey(string key) => key;

    /// <summary>Emitters for the leaf modules of the network that the ONNX export does not know by itself. Default: none.</summary>
    public virtual IReadOnlyList<OnnxEmitter> GetOnnxEmitters() => [];

    /// <summary>
    /// Builds the module that maps normalised images [N,C,H,W] to logits [N,K]. Its state-dict keys are the keys of weight files. Its last
    /// Linear or Conv2d with K outputs, in the order of registration, is its head. A body that is an <see cref="IFeatureBody"/> trains
    /// faster with all its stages frozen.
    /// </summary>
    protected abstract nn.Module<Tensor, Tensor> BuildBody(int classCount);
}
