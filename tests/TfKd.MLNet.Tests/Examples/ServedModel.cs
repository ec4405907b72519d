using Microsoft.AspNetCore.Builder;
using OnnxServing;

namespace TfKd.MLNet.Tests;

/// <summary>A network of 3x8x12 that servers of the web example answer with; loaded once for all tests of a class.</summary>
public sealed class ServedModel : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ServedModel()
    {
        ServedNetwork.Save(_folder.File("model.onnx"), new ImageShape(3, 8, 12)).Dispose();
        Classifier = new OnnxClassifier(_folder.File("model.onnx"));
    }

    internal OnnxClassifier Classifier { get; }

    public void Dispose()
    {
        Classifier.Dispose();
        _folder.Dispose();
    }

    /// <summary>A server that listens; the caller disposes it.</summary>
    internal async Task<WebApplication> Start(ServerSettings? settings = null)
    {
        var server = PredictionServer.Create(
            Classifier, (settings ?? new ServerSettings()) with { Urls = "http://127.0.0.1:0", Name = "signs" });
        await server.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    internal static HttpClient Client(WebApplication server) => new() { BaseAddress = new Uri(server.Urls.Single()) };
}
