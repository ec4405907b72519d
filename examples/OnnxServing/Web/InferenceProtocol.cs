using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace OnnxServing;

/// <summary>
/// The Open Inference Protocol, version 2, over HTTP, with its extension for binary tensors: what clients of KServe and Triton speak.
/// Pixels come ready, as the network takes them; nothing is decoded or scaled here.
/// </summary>
internal sealed class InferenceProtocol(OnnxClassifier classifier, string name, RequestGate gate, IHostApplicationLifetime lifetime)
{
    /// <summary>The only version of the model.</summary>
    public const string Version = "1";

    // Images that are scored at once, however many a request has: what a network holds in between grows with them.
    private const int MostAtOnce = 32;

    private static readonly string[] _extensions = ["binary_tensor_data"];
    private static readonly string[] _models = ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"];

    /// <summary>Adds the endpoints.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v2", () => Results.Json(new
        {
            name = "OnnxServing",
            version = typeof(InferenceProtocol).Assembly.GetName().Version?.ToString(3),
            extensions = _extensions,
        }));
        routes.MapGet("/v2/health/live", () => Results.Ok());
        routes.MapGet("/v2/health/ready", Ready);
        foreach (var model in _models)
        {
            routes.MapGet(model, (string model, string? version) => WhyNot(model, version) ?? Describe());
            routes.MapGet($"{model}/ready", (string model, string? version) => WhyNot(model, version) ?? Ready());
            routes.MapPost($"{model}/infer", async (HttpContext context, string model, string? version) =>
                WhyNot(model, version) ?? await gate.Answer(context, "infer", token => Infer(context, token), Error));
        }

        routes.MapFallback("/v2/{**rest}", (HttpContext context) =>
            Error($"'{context.Request.Path}' is no address of the protocol.", StatusCodes.Status404NotFound));
    }

    private static IResult Error(string message, int status) => Results.Json(new { error = message }, statusCode: status);

    // The protocol wants 4xx of what is not ready, and an empty body.
    private IResult Ready() => lifetime.ApplicationStopping.IsCancellationRequested ? Results.BadRequest() : Results.Ok();

    private IResult? WhyNot(string model, string? version) =>
        model != name ? Error($"The model '{model}' is not here, but '{name}' is.", StatusCodes.Status404NotFound)
        : version is null or Version ? null
        : Error($"The model '{name}' has version {Version} only, not '{version}'.", StatusCodes.Status404NotFound);

    private IResult Describe() => Results.Json(new
    {
        name,
        versions = new[] { Version },
        platform = "onnxruntime_onnx",
        inputs = new[] { new { name = OnnxClassifier.Input, datatype = InferRequest.Bytes, shape = classifier.ShapeOf(-1) } },
        outputs = new[] { new { name = OnnxClassifier.Output, datatype = "FP32", shape = new long[] { -1, classifier.Classes.Count } } },
    });

    private async Task<IResult> Infer(HttpContext context, CancellationToken token)
    {
        var body = await RequestBody.Read(context.Request, token);
        var request = InferRequest.Read(body, context.Request.Headers[InferRequest.HeaderLength], classifier);
        var scores = new float[request.Images * classifier.Classes.Count];
        for (var first = 0; first < request.Images; first += MostAtOnce)
        {
            var count = Math.Min(MostAtOnce, request.Images - first);
            var pixels = request.Pixels[(first * classifier.PixelBytes)..];
            (await gate.Compute(count, () => classifier.Score(pixels, count), token))
                .CopyTo(scores, first * classifier.Classes.Count);
        }

        return new InferResult(name, request, scores, classifier.Classes.Count);
    }
}
