namespace TfKd.MLNet;

/// <content>What computes the scores.</content>
public sealed partial class TorchImageClassificationTransformer
{
    private static readonly Func<TorchImageClassificationModel, IImageScorer> _byTorch = model => model.OpenTorchScorer();

    /// <summary>
    /// The same transformer with scores by another backend; they differ by the rounding of float32, and for a model that scores in other
    /// numbers by what these change, since Torch computes with the float32 weights. This one stays as it is.
    /// </summary>
    /// <exception cref="NotSupportedException">The model has no ONNX form, which ONNX Runtime needs.</exception>
    /// <exception cref="InvalidOperationException">The model has no weights, which Torch needs.</exception>
    /// <example><code>
    /// using var byTorch = transformer.WithBackend(ScoringBackend.Torch);
    /// </code></example>
    public TorchImageClassificationTransformer WithBackend(ScoringBackend backend)
    {
        if (Require.Defined(backend) == ScoringBackend.Torch)
        {
            Model.RequireWeights();
            return new(Model, Columns, _byTorch);
        }

        RequireOnnx();
        // Threads and provider stay as they are.
        return new(Model, Columns, _openScorer == _byTorch ? null : _openScorer);
    }

    /// <summary>
    /// The same transformer with scores that ONNX Runtime computes in another way: on a graphics card, or with another number of threads.
    /// When the first row is scored, the scores of another provider are compared with the processor's, and may differ by 0.05. This one
    /// stays as it is, and so does the model file.
    /// </summary>
    /// <param name="execution">How.</param>
    /// <exception cref="NotSupportedException">The model has no ONNX form.</exception>
    /// <exception cref="InvalidOperationException">
    /// The application's ONNX Runtime does not have the provider; the message names the package that has it. Where the provider's own
    /// libraries are missing, or its scores are wrong, the first row that is scored says so.
    /// </exception>
    /// <example><code>
    /// using var onTwoThreads = transformer.WithExecution(new OnnxExecution { Threads = 2 });
    /// </code></example>
    public TorchImageClassificationTransformer WithExecution(OnnxExecution execution)
    {
        ArgumentNullException.ThrowIfNull(execution);
        RequireOnnx();
        execution.RequireAvailable();
        return new(Model, Columns, model => model.OpenOnnxScorer(execution));
    }

    /// <summary>
    /// The same transformer with a model that can be scored with and nothing else: the weights, which going on with training, teaching,
    /// heat maps and exports in another form need, are left out. A model file with 8-bit integers is about a quarter of its size without
    /// them; in float32 the ONNX model holds most of them, and little is saved. This one stays as it is.
    /// </summary>
    /// <exception cref="InvalidOperationException">The model scores with Torch: it has nothing but its weights.</exception>
    /// <example><code>
    /// using var small = transformer.WithoutWeights();
    /// ml.Model.Save(small, photos.Schema, "small.zip");
    /// </code></example>
    public TorchImageClassificationTransformer WithoutWeights() =>
        new(Model.WithoutWeights(), Columns, _openScorer == _byTorch ? null : _openScorer);

    /// <summary>
    /// The same transformer with the network that its model was trained with, for a loaded model of a <see cref="FactoryNetwork"/>: its
    /// file does not hold the function, which scoring with Torch, training on and teaching need. This one stays as it is.
    /// </summary>
    /// <param name="network">The network, of any image size.</param>
    /// <exception cref="ArgumentException">It is not the network that the model's card names.</exception>
    /// <exception cref="InvalidDataException">The model's weights do not fit what the function makes.</exception>
    /// <example><code>
    /// var loaded = (TorchImageClassificationTransformer)ml.Model.Load("model.zip", out _);
    /// using var classifier = loaded.WithNetwork(new FactoryNetwork(
    ///     "mine",
    ///     classCount => torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3072, classCount)),
    ///     new ImageShape(3, 32, 32)));
    /// </code></example>
    public TorchImageClassificationTransformer WithNetwork(NetworkArchitecture network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return new(Model.With(network), Columns, _openScorer);
    }

    private void RequireOnnx()
    {
        if (!Model.HasOnnx)
        {
            throw new NotSupportedException(
                "ONNX Runtime needs the model's ONNX form, but it has none: it was trained with ScoringBackend.Torch.");
        }
    }
}
