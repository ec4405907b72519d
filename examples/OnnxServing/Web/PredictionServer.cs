using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OnnxServing;

/// <summary>
/// <c>POST /predict</c> with an image file as the body, or as a file of a multipart form, answers with the classes and their probabilities;
/// <c>GET /health</c> answers once the network is loaded; and below <c>/v2</c> is the Open Inference Protocol.
/// </summary>
internal static class PredictionServer
{
    /// <summary>
    /// Where the server listens when nothing else is said: what faces a network wants a proxy before it, with TLS and limits.
    /// </summary>
    public const string DefaultUrls = "http://127.0.0.1:5080";

    /// <summary>A server that is not started yet.</summary>
    /// <param name="classifier">What answers; stays the caller's, and must outlive the server.</param>
    /// <param name="settings">Where it listens, and how much it takes on.</param>
    public static WebApplication Create(OnnxClassifier classifier, ServerSettings settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        // What keeps the server from starting is thrown, and told by who started it.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.WebHost.UseUrls((settings.Urls ?? builder.Configuration[WebHostDefaults.ServerUrlsKey] ?? DefaultUrls).Split(';'));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = settings.MaxBytes);
        builder.Services.AddProblemDetails();
        builder.Services.AddSingleton(services =>
            new RequestGate(settings.MaxRequests, new ServerMetrics(services.GetRequiredService<IMeterFactory>())));
        var application = builder.Build();
        // Whatever is not foreseen is a problem document, too.
        application.UseExceptionHandler();
        var gate = application.Services.GetRequiredService<RequestGate>();
        application.MapGet("/health", () => new { status = "ok", classes = classifier.Classes.Count, input = classifier.InputShape });
        application.MapPost("/predict", async Task<IResult> (HttpContext context) =>
        {
            return await gate.Answer(context, "predict", Predict, (message, status) => Results.Problem(message, statusCode: status));

            async Task<IResult> Predict(CancellationToken token)
            {
                var image = await ReadImage(context.Request, token);
                return Results.Ok(await gate.Compute(1, () => classifier.Predict(image), token));
            }
        });
        new InferenceProtocol(classifier, settings.Name, gate, application.Lifetime).Map(application);
        // Those who send requests are to see that it is not ready before it takes no more.
        application.Lifetime.ApplicationStopping.Register(() => Thread.Sleep(settings.Drain));
        return application;
    }

    private static async Task<ArraySegment<byte>> ReadImage(HttpRequest request, CancellationToken token)
    {
        // Not any form: 'curl --data-binary' calls each body an urlencoded one.
        if (request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) != true)
            return await RequestBody.Read(request, token);
        try
        {
            var form = await request.ReadFormAsync(token);
            if (form.Files.Count != 1)
                throw new UnreadableImageException($"The form must have one file, the image, but has {form.Files.Count}.");
            await using var file = form.Files[0].OpenReadStream();
            return await RequestBody.Read(file, file.Length, token);
        }
        catch (Exception error) when (error is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw new UnreadableImageException($"The form cannot be read: {error.Message}");
        }
    }
}
