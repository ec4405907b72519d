using System.Globalization;
using System.Text.Json;

namespace OnnxServing;

/// <summary>An inference request: images that are ready to score, and in which form the scores are wanted.</summary>
internal sealed class InferRequest
{
    /// <summary>The header that says where the JSON ends and the binary tensors begin.</summary>
    public const string HeaderLength = "Inference-Header-Content-Length";

    /// <summary>The parameter of a tensor that stands behind the JSON: its length in bytes.</summary>
    public const string BinarySize = "binary_data_size";

    /// <summary>The type of the pixels.</summary>
    public const string Bytes = "UINT8";

    private const string BinaryData = "binary_data", BinaryOutputs = "binary_data_output";

    private static readonly JsonSerializerOptions _options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        AllowDuplicateProperties = false,
    };

    private InferRequest(InferBody body, int images, Memory<byte> pixels) =>
        (Id, Images, Pixels, BinaryOutput) = (body.Id, images, pixels, WantsBinary(body));

    /// <summary>What the answer must have, too; null: nothing.</summary>
    public string? Id { get; }

    /// <summary>How many images.</summary>
    public int Images { get; }

    /// <summary>Their pixels, one image after the other.</summary>
    public Memory<byte> Pixels { get; }

    /// <summary>Whether the scores are wanted as bytes behind the JSON.</summary>
    public bool BinaryOutput { get; }

    /// <summary>Reads a request, and checks it against what the network takes.</summary>
    /// <param name="body">The body.</param>
    /// <param name="headerLength">The value of <see cref="HeaderLength"/>; null or empty: all is JSON.</param>
    /// <param name="classifier">The network.</param>
    /// <exception cref="RefusedRequestException">It is none, or not for this network.</exception>
    public static InferRequest Read(ArraySegment<byte> body, string? headerLength, OnnxClassifier classifier)
    {
        var length = body.Count;
        if (!string.IsNullOrEmpty(headerLength)
            && !(int.TryParse(headerLength, NumberStyles.None, CultureInfo.InvariantCulture, out length) && length <= body.Count))
        {
            throw new RefusedRequestException(
                $"{HeaderLength} must be within 0 and the {body.Count} bytes of the body, but is '{headerLength}'.");
        }

        var request = Parse(body[..length]);
        if (request.Inputs is not [{ Name: OnnxClassifier.Input } input])
        {
            throw new RefusedRequestException(
                $"There must be one input, '{OnnxClassifier.Input}', but there is " +
                $"{Names((request.Inputs ?? []).Select(input => input?.Name))}.");
        }

        if (request.Outputs is not (null or [] or [{ Name: OnnxClassifier.Output }]))
        {
            throw new RefusedRequestException(
                $"The only output is '{OnnxClassifier.Output}', but wanted is {Names(request.Outputs.Select(output => output?.Name))}.");
        }

        var images = CountImages(input, classifier);
        return new InferRequest(request, images, ReadPixels(input, body[length..], images * classifier.PixelBytes));
    }

    private static InferBody Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<InferBody>(json, _options) ?? throw new JsonException("It is null.");
        }
        catch (JsonException error)
        {
            throw new RefusedRequestException($"The request is no JSON object of the protocol: {error.Message}");
        }
    }

    private static int CountImages(InferInput input, OnnxClassifier classifier)
    {
        if (input.Datatype != Bytes)
            throw new RefusedRequestException($"'{input.Name}' must have the datatype {Bytes}, but has '{input.Datatype}'.");
        var most = int.MaxValue / Math.Max(classifier.PixelBytes, sizeof(float) * classifier.Classes.Count);
        if (input.Shape is not [var count, .. var image]
            || count < 1
            || count > most
            || !image.AsSpan().SequenceEqual(classifier.ShapeOf(1).AsSpan(1)))
        {
            throw new RefusedRequestException(
                $"'{input.Name}' must have the shape [N,{classifier.InputShape.Replace('x', ',')}] with N from 1 on, but has " +
                $"[{string.Join(',', input.Shape ?? [])}].");
        }

        return (int)count;
    }

    private static Memory<byte> ReadPixels(InferInput input, ArraySegment<byte> behind, int expected)
    {
        var size = Number(input.Parameters, BinarySize);
        if ((size is null) == (input.Data is null))
            throw new RefusedRequestException($"'{input.Name}' must have either data or the parameter {BinarySize}.");
        if (behind.Count != (size ?? 0))
        {
            throw new RefusedRequestException(
                $"Behind the JSON must be the {size ?? 0} bytes of binary tensors, but {behind.Count} are there " +
                $"({HeaderLength} says where).");
        }

        if (input.Data is { } data && !data.IsFlat && !data.Shape.SequenceEqual(input.Shape!))
        {
            throw new RefusedRequestException(
                $"The data of '{input.Name}' must be flat or of its shape [{string.Join(',', input.Shape!)}], but they are nested as " +
                $"[{string.Join(',', data.Shape)}].");
        }

        var pixels = input.Data?.Values ?? behind.AsMemory();
        return pixels.Length == expected
            ? pixels
            : throw new RefusedRequestException(
                $"'{input.Name}' of shape [{string.Join(',', input.Shape!)}] must have {expected} values, but has {pixels.Length}.");
    }

    private static bool WantsBinary(InferBody body) =>
        Flag(body.Outputs is [var output, ..] ? output?.Parameters : null, BinaryData) ?? Flag(body.Parameters, BinaryOutputs) ?? false;

    private static bool? Flag(Dictionary<string, JsonElement>? parameters, string name) =>
        parameters is null || !parameters.TryGetValue(name, out var value) ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw new RefusedRequestException($"The parameter {name} must be true or false, but is {value}.");

    private static int? Number(Dictionary<string, JsonElement>? parameters, string name) =>
        parameters is null || !parameters.TryGetValue(name, out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= 0 ? number
        : throw new RefusedRequestException($"The parameter {name} must be a number of bytes, but is {value}.");

    private static string Names(IEnumerable<string?> names) =>
        string.Join(", ", names.Select(name => $"'{name}'").DefaultIfEmpty("none"));
}
