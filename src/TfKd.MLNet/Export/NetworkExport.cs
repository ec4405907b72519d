using TorchSharp;

namespace TfKd.MLNet;

/// <summary>Networks as ONNX, in the form that all models of this library have, and as models. Needs libtorch.</summary>
internal static class NetworkExport
{
    private const string OutputName = "scores";

    /// <summary>
    /// The network as ONNX, as <see cref="TorchImageClassificationTransformer.SaveOnnx(string, OnnxSettings)"/> describes it, for images of
    /// its architecture's size.
    /// </summary>
    /// <param name="network">What is exported; stays the caller's.</param>
    /// <param name="classes">The classes, as many as the network's.</param>
    /// <param name="training">Where the network comes from; null before it was trained.</param>
    /// <param name="form">In which form; null: that of the defaults.</param>
    /// <exception cref="NotSupportedException">
    /// An operation of the network has no ONNX form, or one that a model file must not have; or there is no embedding.
    /// </exception>
    public static byte[] ToOnnx(ImageNetwork network, ClassKeys classes, TrainingProvenance? training, OnnxForm? form = null)
    {
        form ??= new OnnxForm();
        var onnx = OnnxExporter.Export(
            network,
            OptionsOf(network, form.Numbers) with
            {
                InputType = form.InputType == OnnxInputType.Bytes ? torch.ScalarType.Byte : torch.ScalarType.Float32,
                AppendSoftmax = form.Thresholds is null,
                AppendSigmoid = form.Thresholds is not null,
                Temperature = form.Temperature,
                EmbeddingName = form.WithEmbedding ? OnnxScorer.EmbeddingName : null,
                TopK = form.TopK,
                LabelEncoders = OnnxMetadata.SlotNames(OutputName, classes),
                Metadata = OnnxMetadata.Of(network, classes, training, form),
            },
            network.Architecture.GetOnnxEmitters());
        return OnnxContent.TryRead(onnx)?.Unbounded() is { } found
            ? throw new NotSupportedException(
                $"The ONNX form of {network.Architecture} has {found}, which could take any memory or time, and which no model file may "
                + "have; let its emitters write operators whose work is bounded by their inputs.")
            : onnx;
    }

    /// <summary>The network as ONNX with logits for an output, and nothing beside: what its scores are measured by.</summary>
    public static byte[] ToLogits(ImageNetwork network, OnnxNumbers numbers) =>
        OnnxExporter.Export(network, OptionsOf(network, numbers), network.Architecture.GetOnnxEmitters());

    /// <summary>The ONNX model of a model by other settings than it holds.</summary>
    /// <param name="model">The model.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="readRows">Reads images of the size that is exported, to calibrate on; null: there are none.</param>
    /// <param name="token">Stops while ranges are measured.</param>
    /// <exception cref="InvalidOperationException">The network does not take images of that size.</exception>
    /// <exception cref="ArgumentException">Weights are to be Int8, and there is nothing to calibrate on.</exception>
    public static byte[] ToOnnx(
        TorchImageClassificationModel model, OnnxSettings settings, Func<ImageShape, DecodedCache>? readRows = null,
        CancellationToken token = default)
    {
        var weights = settings.Weights ?? model.Card.OnnxWeights;
        if (weights == OnnxWeights.Int8 && readRows is null)
        {
            throw new ArgumentException(
                "Weights of Int8 need images to calibrate on; call SaveOnnx(path, settings, calibrationRows) with some hundred rows of the "
                + "training data.",
                nameof(settings));
        }

        // Built for the size: an architecture refuses what is too small for it.
        using var network = model.CreateNetwork(model.InputShape.Sized(settings.Width, settings.Height));
        var numbers = new OnnxNumbers(weights, Calibration: null, settings.ReducesRangeOf(model.Card));
        if (weights == OnnxWeights.Int8)
        {
            using var rows = readRows!(network.Architecture.InputShape);
            numbers = numbers with { Calibration = network.Calibrate(rows, token) };
        }

        return ToOnnx(network, model.Classes, model.Card.Training, FormOf(model) with
        {
            InputType = settings.InputType,
            Numbers = numbers,
            WithEmbedding = settings.Embedding ?? model.Card.EmbeddingSize > 0,
            TopK = settings.TopK,
        });
    }

    /// <summary>The model of a trained network.</summary>
    /// <param name="network">What was trained; stays the caller's.</param>
    /// <param name="classes">The classes of the label column, as many as the network's.</param>
    /// <param name="training">Where the model comes from.</param>
    /// <param name="form">
    /// In which form the model scores, with bytes for pixels; null: that of the defaults. Its weights, to go on with, are float32 always.
    /// </param>
    /// <param name="rejection">When no label is predicted.</param>
    /// <exception cref="NotSupportedException">An operation of the network has no ONNX form, or there is no embedding.</exception>
    public static TorchImageClassificationModel ToModel(
        ImageNetwork network, ClassKeys classes, TrainingProvenance training, OnnxForm? form = null, Rejection? rejection = null)
    {
        form ??= new OnnxForm();
        var onnx = ToOnnx(network, classes, training, form);
        return ToModel(network, classes, training, onnx, card => card with
        {
            Temperature = form.Temperature,
            Thresholds = form.Thresholds,
            Rejection = rejection,
            OnnxWeights = form.Numbers.Weights,
            EmbeddingSize = EmbeddingSizeOf(onnx),
        });
    }

    /// <summary>The model of a trained network that scores with Torch, without an ONNX form.</summary>
    /// <param name="network">What was trained; stays the caller's.</param>
    /// <param name="classes">The classes of the label column, as many as the network's.</param>
    /// <param name="training">Where the model comes from.</param>
    /// <param name="temperature">What its logits are divided by.</param>
    /// <param name="rejection">When no label is predicted.</param>
    /// <param name="thresholds">From which score on each class is a label; null: an image has one.</param>
    public static TorchImageClassificationModel ToTorchModel(
        ImageNetwork network, ClassKeys classes, TrainingProvenance training, double temperature, Rejection? rejection,
        IReadOnlyList<double>? thresholds = null) =>
        ToModel(network, classes, training, onnx: [], card => card with
        {
            Temperature = temperature,
            Thresholds = thresholds,
            Rejection = rejection,
            ScoringBackend = ScoringBackend.Torch,
        });

    private static TorchImageClassificationModel ToModel(
        ImageNetwork network, ClassKeys classes, TrainingProvenance training, byte[] onnx, Func<ModelCard, ModelCard> complete)
    {
        var architecture = network.Architecture;
        using var stream = new MemoryStream();
        NetworkWeights.Save(network, stream);
        var weights = stream.ToArray();
        var card = new ModelCard
        {
            Architecture = ArchitectureJson.Write(architecture),
            Classes = classes.ToCard(),
            InputShape = architecture.InputShape,
            Normalization = network.Normalization.Statistics,
            TestTimeAugmentation = network.TestTimeAugmentation,
            Training = training,
            Tensors = TensorTable.Read(weights),
            WeightsSha256 = TorchImageClassificationModel.HashOf(weights),
            OnnxSha256 = TorchImageClassificationModel.HashOf(onnx),
        };
        return new TorchImageClassificationModel(complete(card), weights, onnx, architecture);
    }

    /// <summary>The same model, whose ONNX model gives embeddings, too.</summary>
    /// <exception cref="NotSupportedException">It scores in Int8, or with Torch; or there is no embedding.</exception>
    /// <exception cref="InvalidOperationException">It has no weights.</exception>
    public static TorchImageClassificationModel WithEmbedding(TorchImageClassificationModel model)
    {
        RequireNoRanges(model, "gives no embeddings", nameof(TorchImageClassificationTrainer.Options.EmbeddingColumnName));
        // As Fit refuses it.
        if (!model.HasOnnx)
            throw new NotSupportedException(
                "The model scores with Torch, which gives no embeddings; train with ScoringBackend.OnnxRuntime.");
        using var network = model.CreateNetwork();
        return ToModel(network, model.Classes, model.Card.Training, FormOf(model) with { WithEmbedding = true }, model.Rejection);
    }

    /// <summary>The same model, which looks at images in other orientations.</summary>
    /// <exception cref="ArgumentException">Its images are not square, and are to be turned.</exception>
    /// <exception cref="NotSupportedException">It scores in Int8.</exception>
    /// <exception cref="InvalidOperationException">It has no weights.</exception>
    public static TorchImageClassificationModel WithTestTimeAugmentation(
        TorchImageClassificationModel model, TestTimeAugmentation augmentation)
    {
        if (Require.Defined(augmentation) == model.Card.TestTimeAugmentation)
            return model;
        const string Option = nameof(TorchImageClassificationTrainer.Options.TestTimeAugmentation);
        RequireNoRanges(model, $"has the {Option} {model.Card.TestTimeAugmentation}", Option);
        using var network = model.CreateNetwork();
        network.TestTimeAugmentation = augmentation;
        return model.HasOnnx
            ? ToModel(network, model.Classes, model.Card.Training, FormOf(model), model.Rejection)
            : ToTorchModel(network, model.Classes, model.Card.Training, model.Temperature, model.Rejection, model.Thresholds);
    }

    private static OnnxForm FormOf(TorchImageClassificationModel model) => new()
    {
        Temperature = model.Temperature,
        Thresholds = model.Thresholds,
        Numbers = new OnnxNumbers(model.Card.OnnxWeights),
        WithEmbedding = model.Card.EmbeddingSize > 0,
    };

    private static void RequireNoRanges(TorchImageClassificationModel model, string found, string option)
    {
        if (model.Card.OnnxWeights == OnnxWeights.Int8)
            throw new NotSupportedException(
                $"The model {found}, and scores in Int8, which is not written anew without the images that its ranges were measured on; "
                + $"train it with {option}.");
    }

    private static OnnxExportOptions OptionsOf(ImageNetwork network, OnnxNumbers numbers) => new()
    {
        InputShape = network.Architecture.InputShape,
        TestTimeAugmentation = network.TestTimeAugmentation,
        OutputName = OutputName,
        Weights = numbers.Weights,
        Calibration = numbers.Calibration,
        ReduceRange = numbers.ReduceRange,
    };

    private static int EmbeddingSizeOf(byte[] onnx) => OnnxContent.TryRead(onnx)?.Outputs
        .FirstOrDefault(output => output.Name == OnnxScorer.EmbeddingName) is { } embedding ? (int)embedding.Shape[^1] : 0;
}
