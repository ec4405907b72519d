using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OnnxServing;

/// <summary>
/// <c>POST /predict</c> with an image file as the body, or as a file of a multipart form, answers with the classes and their probabilities;
/// <c>GET /health</c> answers once the network is loaded.
/// </summary>
internal static class PredictionServer
{
    /// <summary>
    /// Where the server listens when nothing else is said: what faces a network wants a proxy before it, with TLS and limits.
    /// </summary>
    public const string DefaultUrls = "http://127.0.0.1:5080";

    // Of a body. With the number of requests that are answered at one time, what bodies take has a bound, too.
    private const long MaxBytes = 32 << 20;
    private const int MaxRequests = 32;

    /// <summary>A server that is not started yet.</summary>
    /// <param name="classifier">What answers; stays the caller's, and must outlive the server.</param>
    /// <param name="urls">
    /// Where it listens, separated by semicolons. Null: what ASPNETCORE_URLS says, or else <see cref="DefaultUrls"/>.
    /// </param>
    public static WebApplication Create(OnnxClassifier classifier, string? urls = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        // What keeps the server from starting is thrown, and told by who started it.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.WebHost.UseUrls((urls ?? builder.Configuration[WebHostDefaults.ServerUrlsKey] ?? DefaultUrls).Split(';'));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = MaxBytes);
        builder.Services.AddProblemDetails();
        var application = builder.Build();
        // Whatever is not foreseen is a problem document, too.
        application.UseExceptionHandler();
        // Decoding takes the memory of the image: one a core at a time, whatever comes in.
        var (decoding, room) = (new SemaphoreSlim(Environment.ProcessorCount), new SemaphoreSlim(MaxRequests));
        application.MapGet("/health", () => new { status = "ok", classes = classifier.Classes.Count, input = classifier.InputShape });
        application.MapPost("/predict", async (HttpContext context, CancellationToken token) =>
        {
            if (!room.Wait(0, CancellationToken.None))
                return TooMany(context);
            try
            {
                return await Predict(classifier, decoding, context.Request, token);
            }
            finally
            {
                room.Release();
            }
        });
        return application;
    }

    private static IResult TooMany(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "1";
        return Results.Problem(
            $"{MaxRequests} requests are being answered; try again.", statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<IResult> Predict(
        OnnxClassifier classifier, SemaphoreSlim decoding, HttpRequest request, CancellationToken token)
    {
        try
        {
            var image = await ReadImage(request, token);
            await decoding.WaitAsync(token);
            try
            {
                return Results.Ok(classifier.Predict(image));
            }
            finally
            {
                decoding.Release();
            }
        }
        catch (UnreadableImageException error)
        {
            return Results.Problem(error.Message, statusCode: StatusCodes.Status400BadRequest);
        }
        catch (InvalidDataException error)
        {
            return Results.Problem(error.Message, statusCode: StatusCodes.Status500InternalServerError);
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
