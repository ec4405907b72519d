using System.CommandLine;

namespace TfKd.Tool;

/// <summary><c>tfkd evaluate</c>.</summary>
internal static class EvaluateCommand
{
    public static Command Create(ToolAction action)
    {
        var model = ModelOption.Create();
        var dataset = OptionBuilder.Path(
            "--dataset", "FOLDER|LIST",
            "Photos that the model was not trained on: a folder with one sub-folder a class, or a list as CSV with the columns path and "
            + "label, or labels.",
            required: true);
        var separator = TrainingOptions.CreateSeparator();
        var skipDamaged = new Option<bool>("--skip-damaged") { Description = "Leaves photos out that cannot be read." };
        var command = new Command("evaluate", "Measures a model on labelled photos.") { model, dataset, separator, skipDamaged };
        action.Set(command, (parsed, output, token) =>
        {
            var photos = PhotoFolder.Read(parsed.GetRequiredValue(dataset), parsed.GetValue(separator), output);
            var loaded = ModelLoader.Load(parsed.GetRequiredValue(model));
            var evaluation = Evaluation.Of(loaded, photos, parsed.GetValue(skipDamaged), output, token);
            output.Result(evaluation.ToText, () => evaluation.ToJson());
            return ExitCode.Success;
        });
        return command;
    }
}
