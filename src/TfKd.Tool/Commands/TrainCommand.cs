using System.CommandLine;

namespace TfKd.Tool;

/// <summary><c>tfkd train</c>.</summary>
internal static class TrainCommand
{
    public static Command Create(ToolAction action)
    {
        var options = new TrainingOptions
        {
            Recipe = OptionBuilder.Choice(
                "--recipe", ["frozen", "fine-tuned", "student", "scratch"], "frozen",
                "frozen: a classifier on a ResNet-18 of ImageNet, in seconds, for few photos. fine-tuned: its last stage learns, too. "
                + "student: as frozen, with a network of 3 MB. scratch: a small network without pretrained weights, for many small "
                + "pictures."),
        };
        var code = new Option<bool>("--code")
        {
            Description = "Also writes the C# of Model Builder: NAME.training.cs, NAME.consumption.cs, NAME.evaluate.cs.",
        };
        var command = new Command(
            "train",
            "Trains a classifier of photos, saves it in OUTPUT/NAME as model.zip with a report.html, and tests it on photos held out.");
        foreach (var option in (Option[])[.. options.All, code])
            command.Add(option);
        action.Set(command, (parsed, output, token) =>
        {
            var settings = options.Read(parsed) with { WithCode = parsed.GetValue(code) };
            if (settings.WithCode)
                ModelName.RequireForCode(settings.Name);
            if (settings is { WithCode: true, Unlabelled: not null })
                throw new UsageException("--code writes a program that learns from labelled photos alone; leave it or --unlabelled out.");
            new TrainingJob(settings, output).Run("train", token);
            return ExitCode.Success;
        });
        return command;
    }
}
