using System.CommandLine;

namespace TfKd.Tool;

/// <summary><c>tfkd distill</c>.</summary>
internal static class DistillCommand
{
    public static Command Create(ToolAction action)
    {
        var teacher = OptionBuilder.Path(
            "--teacher", "FILE", "The teacher: a model.zip, or a classifier as .onnx.", required: true);
        var unlabelled = OptionBuilder.Path(
            "--unlabelled", "FOLDER", "Photos without labels, of which the teacher says what they are; those in folders below, too.");
        var classes = OptionBuilder.Path(
            "--teacher-classes", "FILE", "The classes of an .onnx that does not name them: a text file, a line each, in their order.");
        var answers = OptionBuilder.Choice(
            "--teacher-output", ["logits", "probabilities"], null,
            "What an .onnx answers with. Default: probabilities, where its metadata say so, otherwise logits.");
        var input = OptionBuilder.Choice(
            "--teacher-input", ["pixels", "imagenet"], "pixels",
            "What an .onnx takes: pixels from 0 to 255, or normalised as for ImageNet.");
        var alpha = OptionBuilder.Within(
            new Option<double?>("--alpha") { HelpName = "A", Description = "How much the teacher counts, the labels 1 - A. Default: 0.9." },
            0, 1, "a number from 0 to 1");
        var temperature = OptionBuilder.Within(
            new Option<double?>("--temperature") { HelpName = "T", Description = "How much the teacher's answers are softened." },
            double.Epsilon, double.MaxValue, "a number above 0");
        var options = new TrainingOptions
        {
            Recipe = OptionBuilder.Choice(
                "--recipe", ["student", "scratch"], "student",
                "What learns. student: a network of 3 MB that starts from ImageNet. scratch: a small network without pretrained weights."),
        };
        var command = new Command("distill", "Trains a small classifier by what a larger one says of the photos, and tests it.");
        foreach (var option in (Option[])[teacher, unlabelled, classes, answers, input, alpha, temperature, .. options.All])
            command.Add(option);
        action.Set(command, (parsed, output, token) =>
        {
            var settings = options.Read(parsed) with
            {
                Unlabelled = parsed.GetValue(unlabelled),
                Alpha = parsed.GetValue(alpha),
                Temperature = parsed.GetValue(temperature),
                Teacher = new TeacherSettings(parsed.GetRequiredValue(teacher))
                {
                    ClassNames = ReadClasses(parsed.GetValue(classes)),
                    Output = parsed.GetValue(answers) switch
                    {
                        null => null, "logits" => TeacherOutput.Logits, _ => TeacherOutput.Probabilities,
                    },
                    IsNormalizedByImageNet = parsed.GetValue(input) == "imagenet",
                },
            };
            new TrainingJob(settings, output).Run("distill", token);
            return ExitCode.Success;
        });
        return command;
    }

    private static string[]? ReadClasses(string? file) => file is null
        ? null
        : [.. File.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)];
}
