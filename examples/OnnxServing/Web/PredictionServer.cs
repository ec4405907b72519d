using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OnnxServing;

/// <summary>
/// <c>POST /predict</c> with an image file as the body, or as a file of a multipart form, answers with the classes and their probabilities;
/// <c>GET /health</c> answers once the network is loaded.
/// </summary>
internal static class PredictionServer
{
    private const long MaxBytes = 32 << 20;

    /// <summary>
    /// A server that is not started yet, on the loopback address: what faces a network wants a proxy before it, with TLS and limits.
    /// </summary>
    /// <param name="classifier">What answers; stays the caller's, and must outlive the server.</param>
    /// <param name="port">The port; 0: one that is free.</param>
    public static WebApplication Create(OnnxClassifier classifier, int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        // What keeps the server from starting is thrown, and told by who started it.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.Limits.MaxRequestBodySize = MaxBytes;
        });
        var application = builder.Build();
        application.MapGet("/health", () => new { status = "ok", classes = classifier.Classes.Count, input = classifier.InputShape });
        application.MapPost("/predict", (HttpRequest request, CancellationToken token) => Predict(classifier, request, token));
        return application;
    }

    private static async Task<IResult> Predict(OnnxClassifier classifier, HttpRequest request, CancellationToken token)
    {
        try
        {
            return Results.Ok(classifier.Predict(await ReadImage(request, token)));
        }
        catch (UnreadableImageException error)
        {
            return Results.Problem(error.Message, statusCode: StatusCodes.Status400BadRequest);
        }
        catch (BadHttpRequestException error)
        {
            // Too large a body is one: the server knows the status.
            return Results.Problem(error.Message, statusCode: error.StatusCode);
        }
    }

    private static async Task<byte[]> ReadImage(HttpRequest request, CancellationToken token)
    {
        // Not any form: 'curl --data-binary' calls each body an urlencoded one.
        if (request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) != true)
            return await ReadAll(request.Body, token);
        try
        {
            var form = await request.ReadFormAsync(token);
            if (form.Files.Count != 1)
                throw new UnreadableImageException($"The form must have one file, the image, but has {form.Files.Count}.");
            await using var file = form.Files[0].OpenReadStream();
            return await ReadAll(file, token);
        }
        catch (Exception error) when (error is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw new UnreadableImageException($"The form cannot be read: {error.Message}");
        }
    }

    private static async Task<byte[]> ReadAll(Stream stream, CancellationToken token)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, token);
        return bytes.ToArray();
    }
}
