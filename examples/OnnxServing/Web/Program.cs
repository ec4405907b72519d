using System.CommandLine;
using Microsoft.Extensions.Hosting;
using OnnxServing;

var model = new Option<FileInfo>("--model")
{
    Required = true,
    HelpName = "FILE",
    Description = "A network that SaveOnnx wrote.",
}.AcceptExistingOnly();
var name = new Option<string>("--name")
{
    HelpName = "NAME",
    Description = "The model's name in /v2/models/NAME. Default: that of the file, without its ending.",
};
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
var maxRequests = new Option<int>("--max-requests")
{
    HelpName = "N",
    DefaultValueFactory = _ => new ServerSettings().MaxRequests,
    Description = "Requests that are answered at once; others get status 503.",
};
var maxBody = new Option<int>("--max-body")
{
    HelpName = "MIB",
    DefaultValueFactory = _ => (int)(new ServerSettings().MaxBytes >> 20),
    Description = "Largest body in MiB; larger ones get status 413.",
};
var drain = new Option<int>("--drain")
{
    HelpName = "SECONDS",
    DefaultValueFactory = _ => 0,
    Description = "How long requests are answered after SIGTERM, while /v2/health/ready says no.",
};
Validate(port, 0, 65535);
Validate(maxRequests, 1, 10_000);
Validate(maxBody, 1, 1024);
Validate(drain, 0, 3600);
var root = new RootCommand(
    "Classifies images that are posted to /predict, and speaks the Open Inference Protocol below /v2, with ONNX Runtime and SkiaSharp "
    + "alone.")
{
    model, name, urls, port, maxRequests, maxBody, drain,
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
        var file = arguments.GetRequiredValue(model);
        using var classifier = new OnnxClassifier(file.FullName);
        await using var server = PredictionServer.Create(classifier, new ServerSettings
        {
            Urls = arguments.GetValue(port) is { } number ? $"http://127.0.0.1:{number}" : arguments.GetValue(urls),
            Name = arguments.GetValue(name) ?? Path.GetFileNameWithoutExtension(file.Name),
            MaxRequests = arguments.GetValue(maxRequests),
            MaxBytes = (long)arguments.GetValue(maxBody) << 20,
            Drain = TimeSpan.FromSeconds(arguments.GetValue(drain)),
        });
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

// The server ends itself on SIGTERM, with what it was asked before; whoever waits two seconds for it and leaves would cut that off.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

static void Validate<T>(Option<T> option, int least, int most) => option.Validators.Add(result =>
{
    if (result.Tokens is [{ Value: var text }] && int.TryParse(text, out var number) && (number < least || number > most))
        result.AddError($"{option.Name} must be within {least} and {most}, but is {text}.");
});
