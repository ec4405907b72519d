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
        RespectNullableAnnotations = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The architecture: its type, and each hyper-parameter.</summary>
    public required JsonElement Architecture
    {
        get;
        init => field = value.ValueKind == JsonValueKind.Object
            && value.TryGetProperty("Type", out var type) && type.ValueKind == JsonValueKind.String
                ? value
                : throw new ArgumentException("Architecture must be an object with the text property Type.", nameof(Architecture));
    }

    /// <summary>The classes, with the type of the label's key values.</summary>
    public required ClassList Classes
    {
        get;
        // Bytes are one text, in base 64.
        init => field = value.Values.ValueKind == JsonValueKind.Array || value is { Type: "Byte", Values.ValueKind: JsonValueKind.String }
            ? value
            : throw new ArgumentException("Classes must have a list of values, one a class.", nameof(Classes));
    }

    /// <summary>The shape of the images that the network takes.</summary>
    public required ImageShape InputShape
    {
        get;
        init => field = value is { Channels: > 0, Height: > 0, Width: > 0 }
            && (long)value.Height * value.Width <= int.MaxValue / value.Channels
                ? value
                : throw new ArgumentException(
                    $"InputShape must be above 0 in each dimension, and of 2 GB at most, but is {value}.", nameof(InputShape));
    }

    /// <summary>Mean and standard deviation of each channel of the training images, that the network normalises with.</summary>
    public required ChannelStatistics Normalization { get; init; }

    /// <summary>Where the model comes from.</summary>
    public required TrainingProvenance Training { get; init; }

    /// <summary>
    /// In which orientations the network looks at an image. Default <see cref="TestTimeAugmentation.None"/>, which stands in no file.
    /// </summary>
    [JsonConverter(typeof(JsonStringEnumConverter<TestTimeAugmentation>))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public TestTimeAugmentation TestTimeAugmentation { get; init => field = Require.Defined(value); }

    /// <summary>What the logits are divided by before the softmax. Default 1.</summary>
    public double Temperature { get; init => field = Require.Positive(value); } = 1;

    /// <summary>When no label is predicted. Default null: one always is.</summary>
    public Rejection? Rejection { get; init; }

    /// <summary>
    /// From which probability on each class is a label of a photo, in the order of the classes, within [0, 1]: of a model whose photos may
    /// have several labels, and whose scores are one sigmoid a class. Default null: a photo has one label, the scores are a softmax, and
    /// nothing stands in the file.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<double>? Thresholds
    {
        get;
        init => field = value is null ? null : [.. value.Select(threshold => Require.Fraction(threshold, nameof(Thresholds)))];
    }

    /// <summary>
    /// In which numbers the ONNX model has its weights. Default <see cref="OnnxWeights.Float32"/>, which stands in no file.
    /// </summary>
    [JsonConverter(typeof(JsonStringEnumConverter<OnnxWeights>))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public OnnxWeights OnnxWeights { get; init => field = Require.Defined(value); } = OnnxWeights.Float32;

    /// <summary>
    /// How many numbers the embedding of an image has, which the ONNX model gives beside the scores. Default 0: it gives none, and nothing
    /// stands in the file.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int EmbeddingSize { get; init => field = Require.NotNegative(value); }

    /// <summary>
    /// What computes the scores. Default <see cref="ScoringBackend.OnnxRuntime"/>, which stands in no file; a model of
    /// <see cref="ScoringBackend.Torch"/> has no ONNX form.
    /// </summary>
    [JsonConverter(typeof(JsonStringEnumConverter<ScoringBackend>))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ScoringBackend ScoringBackend { get; init => field = Require.Defined(value); }

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
