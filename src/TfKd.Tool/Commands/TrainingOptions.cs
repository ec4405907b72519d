using System.CommandLine;

namespace TfKd.Tool;

/// <summary>The options of commands that train.</summary>
internal sealed class TrainingOptions
{
    private const double DefaultTest = 0.2;
    private const int LongestTime = 30 * 24 * 3600;

    /// <summary>Photos with their labels.</summary>
    public Option<string> Dataset { get; } = OptionBuilder.Path(
        "--dataset", "FOLDER|LIST",
        "Folder of photos, one sub-folder a class; or a list of photos as CSV (*.tsv: by tabs) with the columns path and label, or labels, "
        + "where a photo may have several.",
        required: true);

    public Option<string> Separator { get; } = CreateSeparator();

    public Option<string> Output { get; } = OptionBuilder.Path(
        "--output", "FOLDER", "Folder in which the folder of the name is made. Default: the current one.");

    public Option<string> Name { get; } = OptionBuilder.Path(
        "--name", "NAME", "Name of the folder for the model, and of the class of --code. Default: made of the dataset's name.");

    public Option<double?> Test { get; } = OptionBuilder.Fraction(
        "--test", $"Fraction of the photos that is held out to test on, the same of each class. Default: {DefaultTest}.");

    public Option<double?> Validation { get; } = OptionBuilder.Fraction(
        "--validation",
        "Fraction of the others to choose the best epoch by. Default: 0.1 for scratch, none for the other recipes; of a list of photos "
            + "with several labels 0.2, to choose thresholds by.");

    public Option<int?> Seed { get; } = OptionBuilder.Within(
        new Option<int?>("--seed") { HelpName = "N", Description = "Seed of all that is random. Default: 1." },
        int.MinValue, int.MaxValue, "a whole number");

    public Option<bool> BalanceClasses { get; } =
        new("--balance-classes") { Description = "Has classes of few photos count as much as those of many." };

    public Option<int?> Epochs { get; } =
        OptionBuilder.Count("--epochs", "Passes over the photos. Default: as many as the recipe has for so many photos.");

    public Option<int?> TrainTime { get; } = OptionBuilder.Within(
        new Option<int?>("--train-time")
        {
            HelpName = "SECONDS",
            Description = "Ends training after so long, with the best epoch of --validation, or otherwise as far as it came.",
        },
        1, LongestTime, "a whole number of seconds, from 1 to 30 days");

    public Option<string> Unlabelled { get; } = OptionBuilder.Path(
        "--unlabelled", "FOLDER",
        "Photos without labels, those in folders below, too: the teacher says what they are, or a larger network that is trained first.");

    public Option<bool> SkipDamaged { get; } = new("--skip-damaged") { Description = "Leaves photos out that cannot be read." };

    public Option<string> Checkpoints { get; } = OptionBuilder.Path(
        "--checkpoints", "FOLDER", "Keeps the state of the run, so that the same command goes on with one that was stopped.");

    public Option<bool> Force { get; } = new("--force") { Description = "Replaces a model that is there already." };

    /// <summary>The recipe.</summary>
    public required Option<string> Recipe { get; init; }

    /// <summary>Whether what learns has a teacher that is there already.</summary>
    public bool HasTeacher { get; init; }

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All =>
    [
        Dataset, Separator, Unlabelled, Output, Name, Recipe, Test, Validation, Seed, BalanceClasses, Epochs, TrainTime, SkipDamaged,
        Checkpoints, Force,
    ];

    /// <summary>What stands between the labels of a list.</summary>
    public static Option<string> CreateSeparator() => OptionBuilder.Path(
        "--labels-separator", "TEXT", "What stands between the labels of a photo in the column labels of a list. Default: ;");

    /// <summary>What they say.</summary>
    /// <exception cref="UsageException">They do not fit together.</exception>
    public TrainingSettings Read(ParseResult parsed)
    {
        var (dataset, recipe) = (parsed.GetRequiredValue(Dataset), RecipeNames.Recipe(parsed.GetRequiredValue(Recipe)));
        var (name, fitsOnce) = (RecipeNames.Of(recipe), recipe == RecipeName.Frozen || (recipe == RecipeName.Student && !HasTeacher));
        if (fitsOnce && (parsed.GetValue(Epochs) ?? parsed.GetValue(TrainTime)) is not null)
        {
            throw new UsageException(
                $"--recipe {name} fits its classifier once, in seconds: it takes neither --epochs nor --train-time; fine-tuned does.");
        }

        if (fitsOnce && parsed.GetValue(Validation) is not null)
            throw new UsageException($"--recipe {name} has no epochs to choose from: it takes no --validation.");
        if (recipe == RecipeName.Student && parsed.GetValue(Epochs) == 1)
            throw new UsageException(
                "--recipe student fits its classifier in the first epoch, and learns from its teacher in those after it; expected --epochs "
                + "2 or above, but it is 1.");
        if (!HasTeacher && recipe != RecipeName.Student && parsed.GetValue(Unlabelled) is not null)
            throw new UsageException(
                $"--recipe {name} learns from labels alone; --unlabelled is for student, and for tfkd distill, whose teacher is there "
                + "already.");
        return new TrainingSettings
        {
            Dataset = dataset,
            LabelsSeparator = parsed.GetValue(Separator),
            Unlabelled = parsed.GetValue(Unlabelled),
            Output = parsed.GetValue(Output) ?? "",
            Name = ModelName.Require(parsed.GetValue(Name)) ?? ModelName.Of(dataset),
            Recipe = recipe,
            TestFraction = parsed.GetValue(Test) ?? DefaultTest,
            ValidationFraction = parsed.GetValue(Validation),
            Seed = parsed.GetValue(Seed) ?? 1,
            BalanceClasses = parsed.GetValue(BalanceClasses),
            Epochs = parsed.GetValue(Epochs),
            TrainTime = parsed.GetValue(TrainTime) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            SkipDamaged = parsed.GetValue(SkipDamaged),
            Checkpoints = parsed.GetValue(Checkpoints),
            Force = parsed.GetValue(Force),
        };
    }
}
