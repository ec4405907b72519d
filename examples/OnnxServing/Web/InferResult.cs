using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace OnnxServing;

/// <summary>The answer to an inference request: the scores, as JSON or as bytes behind it.</summary>
internal sealed class InferResult(string model, InferRequest request, float[] scores, int classes) : IResult, IStatusCodeHttpResult
{
    /// <inheritdoc/>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var json = WriteJson();
        // Little-endian, as all processors are that ONNX Runtime is made for.
        var binary = request.BinaryOutput ? MemoryMarshal.AsBytes(scores.AsSpan()).ToArray() : [];
        var response = httpContext.Response;
        response.ContentType = request.BinaryOutput ? "application/octet-stream" : "application/json";
        response.ContentLength = json.Length + binary.Length;
        if (request.BinaryOutput)
            response.Headers[InferRequest.HeaderLength] = json.Length.ToString(CultureInfo.InvariantCulture);
        await response.Body.WriteAsync(json, httpContext.RequestAborted);
        await response.Body.WriteAsync(binary, httpContext.RequestAborted);
    }

    private byte[] WriteJson()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("model_name", model);
            writer.WriteString("model_version", InferenceProtocol.Version);
            if (request.Id is not null)
                writer.WriteString("id", request.Id);
            writer.WriteStartArray("outputs");
            writer.WriteStartObject();
            writer.WriteString("name", OnnxClassifier.Output);
            writer.WriteString("datatype", "FP32");
            writer.WriteStartArray("shape");
            writer.WriteNumberValue(request.Images);
            writer.WriteNumberValue(classes);
            writer.WriteEndArray();
            WriteData(writer);
            writer.WriteEndObject();
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private void WriteData(Utf8JsonWriter writer)
    {
        if (request.BinaryOutput)
        {
            writer.WriteStartObject("parameters");
            writer.WriteNumber(InferRequest.BinarySize, scores.Length * sizeof(float));
            writer.WriteEndObject();
            return;
        }

        writer.WriteStartArray("data");
        foreach (var score in scores)
            writer.WriteNumberValue(score);
        writer.WriteEndArray();
    }
}
