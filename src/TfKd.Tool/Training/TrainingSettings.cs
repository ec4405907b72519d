namespace TfKd.Tool;

/// <summary>What is to be trained on what, and where it goes.</summary>
internal sealed record TrainingSettings
{
    /// <summary>Folder of photos, one sub-folder a class, or a list of photos.</summary>
    public required string Dataset { get; init; }

    /// <summary>What stands between the labels of a list; null: the default.</summary>
    public string? LabelsSeparator { get; init; }

    /// <summary>Folder that the folder of the name is made in.</summary>
    public required string Output { get; init; }

    /// <summary>The name of the folder, and of the class of the code.</summary>
    public required string Name { get; init; }

    /// <summary>How.</summary>
    public required RecipeName Recipe { get; init; }

    /// <summary>Fraction of the photos to test on.</summary>
    public double TestFraction { get; init; }

    /// <summary>Fraction of the others to choose the best epoch by; null: the recipe's.</summary>
    public double? ValidationFraction { get; init; }

    /// <summary>Seed of all that is random.</summary>
    public int Seed { get; init; }

    /// <summary>Whether classes count alike, however many photos they have.</summary>
    public bool BalanceClasses { get; init; }

    /// <summary>Passes over the photos; null: the recipe's.</summary>
    public int? Epochs { get; init; }

    /// <summary>When training ends with the best so far; null: when it is done.</summary>
    public TimeSpan? TrainTime { get; init; }

    /// <summary>Whether photos that cannot be read are left out.</summary>
    public bool SkipDamaged { get; init; }

    /// <summary>Folder of the run's state; null: none.</summary>
    public string? Checkpoints { get; init; }

    /// <summary>Whether the code of Model Builder's form is written.</summary>
    public bool WithCode { get; init; }

    /// <summary>Whether files that are there are replaced.</summary>
    public bool Force { get; init; }

    /// <summary>The teacher; null: that of the recipe.</summary>
    public TeacherSettings? Teacher { get; init; }

    /// <summary>Folder of photos without labels, of which a teacher says what they are; null: none.</summary>
    public string? Unlabelled { get; init; }

    /// <summary>How much the teacher counts beside the labels; null: the recipe's.</summary>
    public double? Alpha { get; init; }

    /// <summary>What the teacher's logits are divided by; null: the recipe's.</summary>
    public double? Temperature { get; init; }

    /// <summary>The folder that is written.</summary>
    public string Folder => Path.Combine(Output, Name);

    /// <summary>The model's file.</summary>
    public string ModelPath => Path.Combine(Folder, "model.zip");

    /// <summary>The report's file.</summary>
    public string ReportPath => Path.Combine(Folder, "report.html");

    /// <summary>The files of code.</summary>
    public IReadOnlyList<string> CodePaths =>
        WithCode ? [.. ModelBuilderCode.FileNames(Name).Select(name => Path.Combine(Folder, name))] : [];
}
