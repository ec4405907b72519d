using System.Text.Json;
using TorchSharp;

namespace TfKd.MLNet;

/// <content>The network of the weights, in Torch or as a session of ONNX Runtime.</content>
public sealed partial class TorchImageClassificationModel
{
    /// <summary>
    /// Builds the network in Torch, with the trained weights, in evaluation mode; the caller disposes it. Its logits are those before
    /// <see cref="Temperature"/>.
    /// </summary>
    /// <exception cref="InvalidDataException">
    /// The application does not have the architecture's type, or its network is not the one the weights are of.
    /// </exception>
    /// <exception cref="InvalidOperationException">The model has no weights.</exception>
    /// <example><code>
    /// using var trained = transformer.Model.CreateNetwork();
    /// </code></example>
    public ImageNetwork CreateNetwork() => CreateNetwork(InputShape);

    /// <summary>Builds the network for images of another size than it was trained at; the caller disposes it.</summary>
    /// <exception cref="InvalidOperationException">The network does not take images of that size.</exception>
    internal ImageNetwork CreateNetwork(ImageShape shape)
    {
        RequireWeights();
        var network = (Architecture with { InputShape = shape }).Build(ClassNames.Count);
        try
        {
            network.Normalization.Set(Normalization);
            network.TestTimeAugmentation = Card.TestTimeAugmentation;
            using var scope = torch.NewDisposeScope();
            NetworkWeights.Apply(network, ReadWeights(), "The model");
            network.eval();
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The weights as tensors of the caller's dispose scope. A model holds .safetensors and no other format: nothing in it can be executed.
    /// </summary>
    /// <exception cref="InvalidOperationException">The model has no weights.</exception>
    internal Dictionary<string, torch.Tensor> ReadWeights()
    {
        RequireWeights();
        using var stream = _weights.Open();
        return SafeTensors.Read(stream, "The model's weights");
    }

    /// <summary>Opens what computes the scores, as the card says.</summary>
    internal IImageScorer OpenScorer() => HasOnnx ? OpenOnnxScorer() : OpenTorchScorer();

    /// <summary>Opens a session of ONNX Runtime; needs no libtorch.</summary>
    /// <param name="execution">How it computes; null: by default.</param>
    /// <exception cref="InvalidOperationException">What is to compute is not there, or its scores are wrong.</exception>
    internal OnnxScorer OpenOnnxScorer(OnnxExecution? execution = null)
    {
        var scorer = new OnnxScorer(Onnx, OnnxContent, InputShape, ClassNames.Count, Card.EmbeddingSize, execution);
        if (execution is null or { Provider: ExecutionProvider.Cpu })
            return scorer;
        try
        {
            using var processor = OpenOnnxScorer();
            ScoreParity.Require(scorer, processor, InputShape, ClassNames.Count, $"The provider {execution.Provider}");
            return scorer;
        }
        catch
        {
            scorer.Dispose();
            throw;
        }
    }

    /// <summary>Builds the network to score with.</summary>
    /// <exception cref="InvalidOperationException">It is made by a function, which no file holds.</exception>
    internal TorchScorer OpenTorchScorer()
    {
        RequireWeights();
        try
        {
            return new(CreateNetwork(), Temperature, Card.EmbeddingSize > 0) { HasSeveralLabels = Thresholds is not null };
        }
        catch (InvalidOperationException exception)
        {
            throw new InvalidOperationException(
                $"The scores are to be computed by Torch, but the network cannot be built. {exception.Message} The transformer of a loaded "
                + $"model takes the network by {nameof(TorchImageClassificationTransformer.WithNetwork)}.",
                exception);
        }
    }

    /// <summary>The same model without its weights.</summary>
    /// <exception cref="InvalidOperationException">It has nothing else to score with.</exception>
    internal TorchImageClassificationModel WithoutWeights() => HasOnnx
        ? new(Card, WeightParts.None, _onnx, _given)
        : throw new InvalidOperationException(
            "The model scores with Torch and has no ONNX form: without its weights there would be nothing to score with.");

    /// <summary>The same model with the network that its card names, which is built to see whether it is that.</summary>
    /// <exception cref="ArgumentException">The card names another.</exception>
    /// <exception cref="InvalidDataException">The weights are not of this network.</exception>
    internal TorchImageClassificationModel With(NetworkArchitecture network)
    {
        var sized = network with { InputShape = InputShape };
        var found = ArchitectureJson.Write(sized);
        if (!JsonElement.DeepEquals(found, Card.Architecture))
            throw new ArgumentException($"The model is of the network {Card.Architecture}, but network is {found}.", nameof(network));
        var model = new TorchImageClassificationModel(Card, _weights, _onnx, sized);
        model.CreateNetwork().Dispose();
        return model;
    }

    /// <exception cref="InvalidOperationException">The model has no weights.</exception>
    internal void RequireWeights()
    {
        if (!HasWeights)
        {
            throw new InvalidOperationException(
                "The model has no weights to build its network of: they were left out by "
                + $"{nameof(TorchImageClassificationTransformer.WithoutWeights)}, and it can be scored with, and exported as it is, only. "
                + "Use the model that it was made of.");
        }
    }
}
