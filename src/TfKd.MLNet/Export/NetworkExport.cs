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
    /// <param name="inputType">The type of the pixels.</param>
    /// <param name="temperature">What its logits are divided by.</param>
    /// <exception cref="NotSupportedException">
    /// An operation of the network has no ONNX form, or one that a model file must not have.
    /// </exception>
    public static byte[] ToOnnx(
        ImageNetwork network, ClassKeys classes, TrainingProvenance? training, OnnxInputType inputType, double temperature = 1)
    {
        var onnx = OnnxExporter.Export(
            network,
            new OnnxExportOptions
            {
                InputShape = network.Architecture.InputShape,
                InputType = inputType == OnnxInputType.Bytes ? torch.ScalarType.Byte : torch.ScalarType.Float32,
                OutputName = OutputName,
                AppendSoftmax = true,
                Temperature = temperature,
                LabelEncoders = OnnxMetadata.SlotNames(OutputName, classes),
                Metadata = OnnxMetadata.Of(network.Architecture, inputType, classes, temperature, training),
            },
            network.Architecture.GetOnnxEmitters());
        return OnnxContent.TryRead(onnx)?.Unbounded() is { } found
            ? throw new NotSupportedException(
                $"The ONNX form of {network.Architecture} has {found}, which could take any memory or time, and which no model file may "
                + "have; let its emitters write operators whose work is bounded by their inputs.")
            : onnx;
    }

    /// <summary>The ONNX model of a model by other settings than it holds.</summary>
    /// <exception cref="InvalidOperationException">The network does not take images of that size.</exception>
    public static byte[] ToOnnx(TorchImageClassificationModel model, OnnxSettings settings)
    {
        // Built for the size: an architecture refuses what is too small for it.
        using var network = model.CreateNetwork(model.InputShape.Sized(settings.Width, settings.Height));
        return ToOnnx(network, model.Classes, model.Card.Training, settings.InputType, model.Card.Temperature);
    }

    /// <summary>The model of a trained network.</summary>
    /// <param name="network">What was trained; stays the caller's.</param>
    /// <param name="classes">The classes of the label column, as many as the network's.</param>
    /// <param name="training">Where the model comes from.</param>
    /// <param name="temperature">What its logits are divided by.</param>
    /// <param name="rejection">When no label is predicted.</param>
    /// <exception cref="NotSupportedException">An operation of the network has no ONNX form.</exception>
    public static TorchImageClassificationModel ToModel(
        ImageNetwork network, ClassKeys classes, TrainingProvenance training, double temperature = 1, Rejection? rejection = null)
    {
        var architecture = network.Architecture;
        using var stream = new MemoryStream();
        NetworkWeights.Save(network, stream);
        var weights = stream.ToArray();
        var onnx = ToOnnx(network, classes, training, OnnxInputType.Bytes, temperature);
        var card = new ModelCard
        {
            Architecture = ArchitectureJson.Write(architecture),
            Classes = classes.ToCard(),
            InputShape = architecture.InputShape,
            Normalization = network.Normalization.Statistics,
            Training = training,
            Temperature = temperature,
            Rejection = rejection,
            Tensors = TensorTable.Read(weights),
            WeightsSha256 = TorchImageClassificationModel.HashOf(weights),
            OnnxSha256 = TorchImageClassificationModel.HashOf(onnx),
        };
        return new TorchImageClassificationModel(card, weights, onnx);
    }
}
