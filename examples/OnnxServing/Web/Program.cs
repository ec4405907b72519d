using System.CommandLine;
using Microsoft.Extensions.Hosting;
using OnnxServing;

var model = new Option<FileInfo>("--model")
{
    Required = true,
    HelpName = "FILE",
    Description = "A network that SaveOnnx wrote.",
}.AcceptExistingOnly();
var urls = new Option<string>("--urls")
{
    HelpName = "URLS",
    Description = "Where to listen, as http://0.0.0.0:8080; several with semicolons. Default: ASPNETCORE_URLS, or else "
        + $"{PredictionServer.DefaultUrls}.",
};
var port = new Option<int?>("--port")
{
    HelpName = "PORT",
    Description = "Port of the loopback address, instead of --urls; 0: one that is free.",
};
port.Validators.Add(result =>
{
    if (result.Tokens is [{ Value: var text }] && int.TryParse(text, out var number) && number is < 0 or > 65535)
        result.AddError($"--port must be within 0 and 65535, but is {text}.");
});
var root = new RootCommand("Classifies images that are posted to /predict, with ONNX Runtime and SkiaSharp alone.")
{
    model, urls, port,
};
root.Validators.Add(result =>
{
    if (result.GetResult(urls) is not null && result.GetResult(port) is not null)
        result.AddError("--port is of the loopback address; with --urls, the port stands there.");
});
root.SetAction(async (arguments, token) =>
{
    try
    {
        using var classifier = new OnnxClassifier(arguments.GetRequiredValue(model).FullName);
        await using var server = PredictionServer.Create(
            classifier, arguments.GetValue(port) is { } number ? $"http://127.0.0.1:{number}" : arguments.GetValue(urls));
        await server.StartAsync(token);
        Console.WriteLine(
            $"Listening on {string.Join(", ", server.Urls)}, {classifier.Classes.Count} classes, images of {classifier.InputShape}.");
        await server.WaitForShutdownAsync(token);
        return 0;
    }
    catch (Exception error) when (
        error is IOException or InvalidDataException or UnauthorizedAccessException or FormatException or InvalidOperationException)
    {
        Console.Error.WriteLine(error.Message);
        return 1;
    }
});

return await root.Parse(args).InvokeAsync();
