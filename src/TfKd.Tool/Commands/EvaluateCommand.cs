using System.CommandLine;

namespace TfKd.Tool;

/// <summary><c>tfkd evaluate</c>.</summary>
internal static class EvaluateCommand
{
    public static Command Create(ToolAction action)
    {
        var model = ModelOption.Create();
        var dataset = OptionBuilder.Path(
            "--dataset", "FOLDER", "Folder of photos that the model was not trained on, one sub-folder a class.", required: true);
        var skipDamaged = new Option<bool>("--skip-damaged") { Description = "Leaves photos out that cannot be read." };
        var command = new Command("evaluate", "Measures a model on labelled photos.") { model, dataset, skipDamaged };
        action.Set(command, (parsed, output, token) =>
        {
            var photos = PhotoFolder.Read(parsed.GetRequiredValue(dataset), output);
            var loaded = ModelLoader.Load(parsed.GetRequiredValue(model));
            var evaluation = Evaluation.Of(loaded, photos, parsed.GetValue(skipDamaged), output, token);
            output.Result(evaluation.ToText, () => evaluation.ToJson());
            return ExitCode.Success;
        });
        return command;
    }
}
