using System.CommandLine;

namespace TfKd.Tool;

/// <summary>The options about a teacher, and how it teaches.</summary>
internal sealed class TeacherOptions
{
    private const string Logits = "logits";
    private const string ImageNet = "imagenet";

    private readonly Option<string> _teacher = OptionBuilder.Path(
        "--teacher", "FILE", "The teacher: a model.zip, or a classifier as .onnx.", required: true);

    private readonly Option<string> _classes = OptionBuilder.Path(
        "--teacher-classes", "FILE", "The classes of an .onnx that does not name them: a text file, a line each, in their order.");

    private readonly Option<string> _answers = OptionBuilder.Choice(
        "--teacher-output", [Logits, "probabilities"], null,
        "What an .onnx answers with. Default: probabilities, where its metadata say so, otherwise logits.");

    private readonly Option<string> _input = OptionBuilder.Choice(
        "--teacher-input", ["pixels", ImageNet], "pixels", "What an .onnx takes: pixels from 0 to 255, or normalised as for ImageNet.");

    private readonly Option<double?> _alpha = OptionBuilder.Within(
        new Option<double?>("--alpha") { HelpName = "A", Description = "How much the teacher counts, the labels 1 - A. Default: 0.9." },
        0, 1, "a number from 0 to 1");

    private readonly Option<double?> _temperature = OptionBuilder.Within(
        new Option<double?>("--temperature")
        {
            HelpName = "T",
            Description = "How much the teacher's answers are softened. Default: 2 for student, 4 for scratch.",
        },
        double.Epsilon, double.MaxValue, "a number above 0");

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [_teacher, _classes, _answers, _input, _alpha, _temperature];

    /// <summary>Settings with what they say.</summary>
    /// <exception cref="IOException">The file of classes cannot be read.</exception>
    /// <exception cref="UsageException">They are about an ONNX file, and the teacher is none.</exception>
    public TrainingSettings AddTo(TrainingSettings settings, ParseResult parsed) => settings with
    {
        Alpha = parsed.GetValue(_alpha),
        Temperature = parsed.GetValue(_temperature),
        Teacher = ReadTeacher(parsed),
    };

    private TeacherSettings ReadTeacher(ParseResult parsed)
    {
        var teacher = new TeacherSettings(parsed.GetRequiredValue(_teacher));
        var given = ((Option[])[_classes, _answers, _input]).Where(option => parsed.GetResult(option) is { Implicit: false });
        if (!teacher.IsOnnx && given.FirstOrDefault() is { } vain)
            throw new UsageException($"{vain.Name} is about a teacher as .onnx; the model '{teacher.Path}' says itself what it knows.");
        return teacher with
        {
            ClassNames = ReadClasses(parsed.GetValue(_classes)),
            Output = parsed.GetValue(_answers) switch
            {
                null => null,
                Logits => TeacherOutput.Logits,
                _ => TeacherOutput.Probabilities,
            },
            IsNormalizedByImageNet = parsed.GetValue(_input) == ImageNet,
        };
    }

    private static string[]? ReadClasses(string? file) => file is null
        ? null
        : [.. File.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)];
}
