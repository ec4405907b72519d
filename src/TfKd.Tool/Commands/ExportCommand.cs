using System.CommandLine;
using Microsoft.ML;
using Microsoft.ML.Data;
using TfKd.MLNet;

namespace TfKd.Tool;

/// <summary><c>tfkd export</c>.</summary>
internal static class ExportCommand
{
    public static Command Create(ToolAction action)
    {
        var model = ModelOption.Create();
        var onnx = OptionBuilder.Path("--onnx", "FILE", "An ONNX file: pixels from 0 to 255 in, probabilities out.");
        var int8 = OptionBuilder.Path(
            "--int8", "FOLDER", "With --onnx: in 8-bit integers, a quarter of the size; the folder has some hundred training photos.");
        var portable = OptionBuilder.Path(
            "--portable", "FILE", "A model of ML.NET's own transformers, for programs without TfKd.MLNet; it reads the column ImagePath.");
        var skipDamaged = new Option<bool>("--skip-damaged") { Description = "With --int8: leaves photos out that cannot be read." };
        var force = new Option<bool>("--force") { Description = "Replaces files that are there already." };
        var command = new Command("export", "Writes a model in another form.") { model, onnx, int8, skipDamaged, portable, force };
        command.Validators.Add(result =>
        {
            if (result.GetValue(onnx) is null && result.GetValue(portable) is null)
                result.AddError("Nothing is to be written; expected --onnx FILE, --portable FILE, or both.");
            if (result.GetValue(int8) is not null && result.GetValue(onnx) is null)
                result.AddError("--int8 is about the file of --onnx, which is missing.");
            if (result.GetValue(skipDamaged) && result.GetValue(int8) is null)
                result.AddError("--skip-damaged is about the photos of --int8, which is missing.");
        });
        action.Set(command, (parsed, output, token) =>
        {
            string[] files = [.. new[] { parsed.GetValue(onnx), parsed.GetValue(portable) }.OfType<string>()];
            OutputFile.RequireOthers([parsed.GetRequiredValue(model), .. files]);
            foreach (var file in files)
                OutputFile.Require(file, parsed.GetValue(force));
            var loaded = ModelLoader.Load(parsed.GetRequiredValue(model));
            if (parsed.GetValue(onnx) is { } onnxFile)
                WriteOnnx(loaded, onnxFile, (parsed.GetValue(int8), parsed.GetValue(skipDamaged)), output, token);
            if (parsed.GetValue(portable) is { } portableFile)
                WritePortable(loaded, portableFile, output);
            output.Result(
                () => TextTable.Of([["saved", ""], .. files.Select(OutputFile.Describe)]),
                () => files.Select(file => new { Path = file, Bytes = new FileInfo(file).Length }));
            return ExitCode.Success;
        });
        return command;
    }

    private static void WriteOnnx(
        TorchImageClassificationModel model, string file, (string? Photos, bool SkipsDamaged) calibration, ToolOutput output,
        CancellationToken token)
    {
        using var transformer = ModelLoader.ToTransformer(model);
        if (calibration.Photos is not { } photos)
        {
            transformer.SaveOnnx(file);
            return;
        }

        (string, string)[] rows = [.. PhotoPaths.List([photos], output).Select(path => (path, ""))];
        output.Say($"Measuring the values between layers on photos of '{photos}'.");
        var settings = new OnnxSettings
        {
            Weights = OnnxWeights.Int8,
            UndecodableImages = calibration.SkipsDamaged ? UndecodableImages.Skip : UndecodableImages.Throw,
        };
        try
        {
            var leftOut = transformer.SaveOnnx(file, settings, new FolderImagesView(rows), token);
            if (leftOut > 0)
                output.Warn($"Left out: {Counted.Photos(leftOut)} that could not be read.");
        }
        catch (ImageDecodingException error)
        {
            throw Failures.Damaged(error);
        }
    }

    private static void WritePortable(TorchImageClassificationModel model, string file, ToolOutput output)
    {
        var ml = output.CreateContext();
        using var transformer = ModelLoader.ToTransformer(model);
        var rows = ml.Transforms.SelectColumns("ImagePath").Fit(new FolderImagesView([])).Transform(new FolderImagesView([]));
        using var portable = (TransformerChain<ITransformer>)transformer.ToPortable(ml, imageColumnName: "ImagePath");
        // Where photos may have several labels there are scores only.
        ITransformer named = model.Thresholds is null
            ? portable.Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(portable.Transform(rows)))
            : portable;
        AtomicFile.Write(file, stream => ml.Model.Save(named, rows.Schema, stream));
    }
}
