using System.CommandLine;

namespace TfKd.Tool;

/// <summary><c>tfkd distill</c>.</summary>
internal static class DistillCommand
{
    public static Command Create(ToolAction action)
    {
        var teacher = new TeacherOptions();
        var training = new TrainingOptions
        {
            HasTeacher = true,
            Recipe = OptionBuilder.Choice(
                "--recipe", ["student", "scratch"], "student",
                "What learns. student: a network of 3 MB that starts from ImageNet. scratch: a small network without pretrained weights."),
        };
        var command = new Command("distill", "Trains a small classifier by what a larger one says of the photos, and tests it.");
        foreach (var option in teacher.All.Concat(training.All))
            command.Add(option);
        action.Set(command, (parsed, output, token) =>
        {
            new TrainingJob(teacher.AddTo(training.Read(parsed), parsed), output).Run("distill", token);
            return ExitCode.Success;
        });
        return command;
    }
}
