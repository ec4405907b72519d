namespace TfKd;

/// <summary>
/// A network that is trained before the student, on the same rows: a larger one (knowledge distillation), a smaller one (reversed, Re-KD),
/// or one that is stopped long before it is good (defective, De-KD: <c>Epochs = 1</c>). Without a <see cref="Recipe"/> it starts from
/// random weights, and its schedule is the plan's, for as many epochs as it has. Its best validation epoch teaches. It learns from the
/// samples that have a label, and answers for those that have none.
/// </summary>
/// <remarks>Yuan et al., 'Revisiting Knowledge Distillation via Label Smoothing Regularization', CVPR 2020, section 2.</remarks>
/// <param name="Architecture">
/// The teacher's network; it is trained at the size of the student's images, unless the recipe says another.
/// </param>
/// <example><code>
/// var teacher = new TrainedTeacher(new CifarResNet { Depth = 56 }) { Epochs = 60 };
/// </code></example>
public sealed record TrainedTeacher(NetworkArchitecture Architecture) : TeacherSource
{
    /// <summary>The teacher's network.</summary>
    public NetworkArchitecture Architecture { get; init => field = Require.NotNull(value); } = Require.NotNull(Architecture);

    /// <summary>Epochs of the teacher's training, above 0; default null: as many as the student's.</summary>
    public int? Epochs { get; init => field = value is { } epochs ? Require.Positive(epochs) : null; }

    /// <summary>What the teacher minimises; one that needs no teacher. Default: <see cref="CrossEntropy"/>.</summary>
    public Objective Objective { get; init => field = Require.NotNull(value); } = new CrossEntropy();

    /// <summary>
    /// How the teacher is trained: what it starts from, frozen stages, augmentations, rates. Default null: as the student, from random
    /// weights.
    /// </summary>
    public TeacherRecipe? Recipe { get; init; }

    /// <summary>
    /// Whether the network sees the files of the photos, decoded at its own size, and not the student's images: it knows more where its
    /// size is the larger one. It is asked about each training row once, and has the same answer to each augmented view of it, and no
    /// features; training rows must not be mixed then. Where a row is not the image of a file (<see cref="SampleExtras.GetImageFile"/>),
    /// the student's images are resized instead, and the run says so. Default false.
    /// </summary>
    public bool ReadsFiles { get; init; }

    /// <inheritdoc/>
    public override bool TakesSeveralLabels => true;

    /// <summary>Unless it sees files, and not the view that the student sees.</summary>
    public override bool GivesFeatures => !ReadsFiles;

    /// <inheritdoc/>
    protected override Teacher OpenCore(TeacherContext context)
    {
        var network = context.RequireTeacherTraining(this).Train(new TeacherTrainingRequest
        {
            Architecture = Architecture,
            Objective = Objective,
            Epochs = Epochs,
            Recipe = Recipe,
            ReadsFiles = ReadsFiles,
        });
        var teacher = NetworkTeacher.Own(network, context.ClassNames, context);
        return ReadsFiles && FileRows.TryOf(context.Training!, network.Architecture.InputShape) is { } rows
            ? new FileRowsTeacher(teacher, rows, context.Device)
            : teacher;
    }
}
