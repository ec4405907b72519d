using System.Globalization;
using System.Text;
using TfKd.MLNet;

namespace TfKd.Tool;

/// <summary>The settings of a training, and the C# that gives the same.</summary>
/// <param name="Options">The settings, with columns at their defaults.</param>
/// <param name="Code">An expression of <see cref="TorchImageClassificationTrainer.Options"/>, in which <c>epochs</c> is a variable.</param>
internal sealed record TrainingRecipe(TorchImageClassificationTrainer.Options Options, string Code)
{
    private const int ScratchEpochs = 30;
    // Separator is a constant of the code.
    private const string NewLabels = "new MultipleLabels { Separator = Separator }";
    private const string LabelsCode = $"Labels = {NewLabels}";
    private const string BinaryCode = "Objective = new BinaryCrossEntropy()";
    private const double ScratchTemperature = 4;
    // A teacher from elsewhere knows more than the photos say.
    private const double TeacherAlpha = 0.9;
    private const float ThresholdFraction = 0.2f;

    /// <summary>The recipe of a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="photoCount">Photos to train on.</param>
    /// <param name="unlabelledCount">Photos without a label beside them.</param>
    /// <param name="epochs">Passes over them; null: as many as the recipe has.</param>
    /// <param name="validation">What is held out of them to choose the best epoch by; null: as much as the recipe has.</param>
    /// <param name="separator">What stands between the labels of a photo, which may have several; null: each has one.</param>
    public static TrainingRecipe Of(
        RecipeName name, int photoCount, int unlabelledCount = 0, int? epochs = null, double? validation = null, string? separator = null)
    {
        var labels = separator is null ? null : new MultipleLabels { Separator = separator, Advice = PhotoFolder.Advice };
        var (options, start) = name switch
        {
            RecipeName.Frozen => (PhotoRecipe.Frozen(), "PhotoRecipe.Frozen()"),
            RecipeName.FineTuned => (PhotoRecipe.FineTuned(photoCount), $"PhotoRecipe.FineTuned(photoCount: {Text(photoCount)})"),
            RecipeName.Student => (
                PhotoRecipe.SmallStudent(photoCount, unlabelledCount, labels: labels),
                StudentCode(nameof(PhotoRecipe.SmallStudent), photoCount, labels)),
            RecipeName.TaughtStudent => (
                PhotoRecipe.TaughtStudent(photoCount, unlabelledCount, labels: labels),
                StudentCode(nameof(PhotoRecipe.TaughtStudent), photoCount, labels)),
            _ => (labels is null ? Scratch : Scratch with { Objective = new BinaryCrossEntropy() }, ""),
        };
        options = options with { MaxEpochs = epochs ?? options.MaxEpochs };
        if (validation is { } fraction)
            options = options with { ValidationSetFraction = (float)fraction };
        if (labels is not null)
            options = WithLabels(options, labels);
        List<string> members =
        [
            .. labels is null || IsStudent(name) ? [] : new[] { LabelsCode },
            .. name != RecipeName.Scratch ? []
                : new[] { labels is null ? "Objective = new TfKdRegularization { Alpha = 0.1, Temperature = 20 }" : BinaryCode },
            "MaxEpochs = epochs",
            .. validation is null && labels is null ? []
                : new[] { $"ValidationSetFraction = {options.ValidationSetFraction!.Value.ToString(CultureInfo.InvariantCulture)}f" },
        ];
        var code = new StringBuilder(name == RecipeName.Scratch ? "new()" : $"{start} with").Append("\n    {\n");
        foreach (var member in members)
            code.Append(CultureInfo.InvariantCulture, $"        {member},\n");
        return new(options, code.Append("    }").ToString());
    }

    /// <summary>The same with classes that count alike, however many photos they have.</summary>
    public TrainingRecipe WithBalancedClasses() => new(
        Options with { ClassWeighting = new InverseFrequencyWeighting() }, CodeWith("ClassWeighting = new InverseFrequencyWeighting()"));

    /// <summary>The same where photos that cannot be read are left out.</summary>
    public TrainingRecipe WithoutDamaged() => new(
        Options with { UndecodableImages = UndecodableImages.Skip }, CodeWith("UndecodableImages = UndecodableImages.Skip"));

    /// <summary>The same with a teacher of its own.</summary>
    /// <param name="name">The name of the recipe.</param>
    /// <param name="settings">The teacher.</param>
    /// <param name="alpha">How much it counts beside the labels; null: nearly all.</param>
    /// <param name="temperature">How soft its answers are; null: as the recipe of a student has it, a little softer for others.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="UsageException">Photos may have several labels, and the teacher answers with probabilities.</exception>
    public TrainingRecipe WithTeacher(RecipeName name, TeacherSettings settings, double? alpha, double? temperature)
    {
        var teacher = settings.ToSource();
        if (Options.Labels is not null && !teacher.TakesSeveralLabels)
            throw new UsageException(
                $"The teacher '{settings.Path}' answers with probabilities, but a student of photos with several labels learns from "
                    + "logits; expected a model.zip that was trained on such photos, or an .onnx that answers with logits.");
        var own = IsStudent(name) ? PhotoRecipe.StudentTemperature : ScratchTemperature;
        var objective = PhotoRecipe.Distillation(alpha ?? TeacherAlpha, temperature ?? own, Options.Labels is not null);
        return this with { Options = Options with { Teacher = teacher, Objective = objective } };
    }

    private string CodeWith(string member) =>
        Code.Insert(Code.LastIndexOf("    }", StringComparison.Ordinal), $"        {member},\n");

    private static bool IsStudent(RecipeName name) => name is RecipeName.Student or RecipeName.TaughtStudent;

    private static string StudentCode(string recipe, int photoCount, MultipleLabels? labels) =>
        $"PhotoRecipe.{recipe}(photoCount: {Text(photoCount)}{(labels is null ? "" : $", labels: {NewLabels}")})";

    private static TorchImageClassificationTrainer.Options WithLabels(
        TorchImageClassificationTrainer.Options options, MultipleLabels labels) => options with
        {
            Labels = labels,
            // Thresholds are chosen on these, and must not be on those that the model is tested on.
            ValidationSetFraction = options.ValidationSetFraction ?? ThresholdFraction,
        };

    // The network at its default has the size that suits the photos.
    private static TorchImageClassificationTrainer.Options Scratch => new()
    {
        Objective = new TfKdRegularization { Alpha = 0.1, Temperature = 20 },
        MaxEpochs = ScratchEpochs,
    };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
