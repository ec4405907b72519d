using System.CommandLine;
using OnnxServing;

var model = new Option<FileInfo>("--model")
{
    Required = true,
    HelpName = "FILE",
    Description = "A network that SaveOnnx wrote.",
}.AcceptExistingOnly();
var paths = new Argument<FileInfo[]>("image") { Arity = ArgumentArity.OneOrMore, Description = "Image files." };
var root = new RootCommand("Classifies image files, with ONNX Runtime and SkiaSharp alone.") { model, paths };
root.SetAction(arguments =>
{
    try
    {
        using var classifier = new OnnxClassifier(arguments.GetRequiredValue(model).FullName);
        return Table.Write(Console.Out, classifier, arguments.GetRequiredValue(paths).Select(path => path.ToString())) ? 0 : 1;
    }
    catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine(error.Message);
        return 1;
    }
});

return await root.Parse(args).InvokeAsync();
