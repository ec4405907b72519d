using System.Text.Json;
using System.Text.Json.Serialization;

namespace TfKd.MLNet;

/// <summary>
/// What a model file says of itself: readable with any unzip and text viewer, and checked against the rest of the file when it is loaded.
/// </summary>
public sealed record ModelCard
{
    private static readonly JsonSerializerOptions Json = new()
    {
        TypeInfoResolver = ReflectionJson.Resolver,
        WriteIndented = true,
        IgnoreReadOnlyProperties = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The architecture: its type, and each hyper-parameter.</summary>
    public required JsonElement Architecture { get; init; }

    /// <summary>The classes, with the type of the label's key values.</summary>
    public required ClassList Classes { get; init; }

    /// <summary>The shape of the images that the network takes.</summary>
    public required ImageShape InputShape { get; init; }

    /// <summary>Mean and standard deviation of each channel of the training images, that the network normalises with.</summary>
    public required ChannelStatistics Normalization { get; init; }

    /// <summary>Where the model comes from.</summary>
    public required TrainingProvenance Training { get; init; }

    /// <summary>What the logits are divided by before the softmax. Default 1.</summary>
    public double Temperature { get; init => field = Require.Positive(value); } = 1;

    /// <summary>When no label is predicted. Default null: one always is.</summary>
    public Rejection? Rejection { get; init; }

    /// <summary>Shape of each tensor of the weights, by its state-dict key.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<long>> Tensors { get; init; }

    /// <summary>SHA-256 of the weights, in hexadecimal digits.</summary>
    public required string WeightsSha256 { get; init; }

    /// <summary>SHA-256 of the ONNX model, in hexadecimal digits.</summary>
    public required string OnnxSha256 { get; init; }

    /// <summary>The card as it stands in the file.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <exception cref="InvalidDataException">The text is not the card of a model.</exception>
    internal static ModelCard FromJson(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<ModelCard>(json, Json) ?? throw new JsonException("It is null.");
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw new InvalidDataException($"The model card is not readable: {exception.Message}", exception);
        }
    }
}
