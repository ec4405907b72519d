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
    private const float ThresholdFraction = 0.2f;

    /// <summary>The recipe of a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="photoCount">Photos to train on.</param>
    /// <param name="unlabelledCount">Photos without a label beside them.</param>
    /// <param name="epochs">Passes over them; null: as many as the recipe has.</param>
    /// <param name="validation">What is held out of them to choose the best epoch by; null: as much as the recipe has.</param>
    public static TrainingRecipe Of(
        RecipeName name, int photoCount, int unlabelledCount = 0, int? epochs = null, double? validation = null)
    {
        var (options, start) = name switch
        {
            RecipeName.Frozen => (PhotoRecipe.Frozen(), "PhotoRecipe.Frozen()"),
            RecipeName.FineTuned => (PhotoRecipe.FineTuned(photoCount), $"PhotoRecipe.FineTuned(photoCount: {Text(photoCount)})"),
            RecipeName.Student =>
                (PhotoRecipe.SmallStudent(photoCount, unlabelledCount), $"PhotoRecipe.SmallStudent(photoCount: {Text(photoCount)})"),
            _ => (Scratch, ""),
        };
        options = options with { MaxEpochs = epochs ?? options.MaxEpochs };
        List<string> members = name == RecipeName.Scratch
            ? ["Objective = new TfKdRegularization { Alpha = 0.1, Temperature = 20 }"]
            : [];
        members.Add("MaxEpochs = epochs");
        if (validation is { } fraction)
        {
            options = options with { ValidationSetFraction = (float)fraction };
            members.Add($"ValidationSetFraction = {((float)fraction).ToString(CultureInfo.InvariantCulture)}f");
        }

        var code = new StringBuilder(name == RecipeName.Scratch ? "new()" : $"{start} with").Append("\n    {\n");
        foreach (var member in members)
            code.Append(CultureInfo.InvariantCulture, $"        {member},\n");
        return new(options, code.Append("    }").ToString());
    }

    /// <summary>The same where a photo may have several labels. There is no code of it.</summary>
    /// <param name="separator">What stands between them.</param>
    public TrainingRecipe WithLabels(string separator) => new(
        Options with
        {
            Labels = new MultipleLabels { Separator = separator, Advice = PhotoList.Advice },
            Objective = new BinaryCrossEntropy(),
            // Thresholds are chosen on these, and must not be on those that the model is tested on.
            ValidationSetFraction = Options.ValidationSetFraction ?? ThresholdFraction,
        },
        Code: "");

    // The network at its default has the size that suits the photos.
    private static TorchImageClassificationTrainer.Options Scratch => new()
    {
        Objective = new TfKdRegularization { Alpha = 0.1, Temperature = 20 },
        MaxEpochs = ScratchEpochs,
    };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
