namespace TfKd;

/// <summary>
/// Trains the networks of teachers that must be trained first, on the rows and by the plan of the run that they will teach in.
/// </summary>
/// <param name="plan">The plan of the run.</param>
/// <param name="student">The student's architecture.</param>
/// <param name="training">The rows to learn from; those without a label are left out, as nobody teaches yet.</param>
/// <param name="validation">The rows to choose the best epoch by, or null.</param>
/// <param name="say">Where messages go.</param>
/// <param name="token">Stops between batches.</param>
internal sealed class TeacherTraining(
    TrainingPlan plan, NetworkArchitecture student, IImageSource training, IImageSource? validation, Action<string> say,
    CancellationToken token)
    : ITeacherTraining
{
    // What was found, once for each size: a file that vanishes later is an error, and no other way to see.
    private readonly Dictionary<ImageShape, (IImageSource Training, IImageSource? Validation)?> _files = [];
    private int _count;

    /// <inheritdoc/>
    public TeacherRecipe StudentRecipe { get; } = new()
    {
        InitialWeights = plan.InitialWeights,
        LinearProbe = plan.LinearProbe,
        FrozenStages = plan.FrozenStages,
        FreezeBatchNormStatistics = plan.FreezeBatchNormStatistics,
        BackboneLearningRateFactor = plan.BackboneLearningRateFactor,
        Normalization = plan.Normalization,
        Augmentations = plan.Augmentations,
        Mixing = plan.Mixing,
        BatchSize = plan.BatchSize,
        AccumulateSteps = plan.AccumulateSteps,
        Optimizer = plan.Optimizer,
        MaxGradientNorm = plan.MaxGradientNorm,
        WeightAverage = plan.WeightAverage,
        Schedule = plan.Schedule,
    };

    /// <inheritdoc/>
    public ImageNetwork Train(TeacherTrainingRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var (number, recipe) = (++_count, RecipeOf(request));
        var own = PlanOf(request, recipe, number);
        // At the size that it will be asked at.
        var shape = ShapeOf(recipe);
        var sized = (request.Architecture ?? student) with { InputShape = shape };
        say($"Training teacher {number}: {sized}, {own.MaxEpochs} epochs, {own.Objective}.");
        var trainer = new Trainer(own with { Callbacks = [new Relay($"Teacher {number}", say)] }) { IsOfTeacher = true };
        var network = trainer.CreateStudent(sized, training.ClassNames);
        try
        {
            var files = FilesOf(request, shape);
            if (request.ReadsFiles && files is null)
                say($"Teacher {number} sees the student's images, resized: not all of them are those of files that are there.");
            var rows = files ?? (ResizedRows.Of(training, shape), validation is null ? null : ResizedRows.Of(validation, shape));
            trainer.Run(network, SourceSubset.OfLabelled(rows.Training), rows.Validation, token);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IImageSource? GetFileRows(TeacherTrainingRequest request) => FilesOf(request, ShapeOf(RecipeOf(request)))?.Training;

    private ImageShape ShapeOf(TeacherRecipe recipe) => training.Shape.Sized(recipe.ImageWidth, recipe.ImageHeight);

    private (IImageSource Training, IImageSource? Validation)? FilesOf(TeacherTrainingRequest request, ImageShape shape)
    {
        if (!request.ReadsFiles)
            return null;
        if (_files.TryGetValue(shape, out var known))
            return known;
        var (toLearn, toValidate) = (FileRows.TryOf(training, shape), validation is null ? null : FileRows.TryOf(validation, shape));
        // Another process may lack the files.
        var isMissing = new ReplicaAgreement(plan.Replicas).Any(toLearn is null || (validation is not null && toValidate is null));
        return _files[shape] = isMissing ? null : (toLearn!, toValidate);
    }

    // What belongs to a start is not for another network.
    private TeacherRecipe RecipeOf(TeacherTrainingRequest request) => request.Recipe ?? (request.Architecture is null
        ? StudentRecipe
        : StudentRecipe with
        {
            InitialWeights = null,
            LinearProbe = null,
            FrozenStages = 0,
            FreezeBatchNormStatistics = false,
            BackboneLearningRateFactor = 1,
        });

    private TrainingPlan PlanOf(TeacherTrainingRequest request, TeacherRecipe recipe, int number) => plan with
    {
        Objective = request.Objective ?? plan.Objective,
        Teacher = request.Teacher,
        MaxEpochs = request.Epochs ?? plan.MaxEpochs,
        // The watchers of the student, who would say it, are not those of the teacher.
        BestEpochMetric = plan.RankingMetric,
        InitialWeights = recipe.InitialWeights,
        LinearProbe = recipe.LinearProbe,
        FrozenStages = recipe.FrozenStages,
        FreezeBatchNormStatistics = recipe.FreezeBatchNormStatistics,
        BackboneLearningRateFactor = recipe.BackboneLearningRateFactor,
        Normalization = recipe.Normalization,
        Augmentations = recipe.Augmentations,
        Mixing = recipe.Mixing,
        // The views of the student's epochs are for its own augmentations.
        Views = request.Recipe is null ? plan.Views : null,
        BatchSize = recipe.BatchSize,
        AccumulateSteps = recipe.AccumulateSteps,
        Optimizer = recipe.Optimizer,
        MaxGradientNorm = recipe.MaxGradientNorm,
        WeightAverage = recipe.WeightAverage,
        // Who teaches knows most in floating point.
        FakeQuantization = null,
        Schedule = recipe.Schedule,
        // A teacher looks at an image as it is.
        TestTimeAugmentation = TestTimeAugmentation.None,
        // Half a teacher is no teacher.
        OnCancellation = CancellationOutcome.Throw,
        Seed = SeedSequence.DeriveInt32(plan.Seed, SeedPurpose.TeacherTraining, number),
        CheckpointDirectory = plan.CheckpointDirectory is { } directory ? Path.Combine(directory, $"teacher{number}") : null,
    };

    private sealed class Relay(string name, Action<string> say) : TrainingCallback
    {
        public override void OnEpochEnd(TrainingState state) => say($"{name}: {state.History[^1]}");

        public override void OnMessage(string message, bool isWarning) => say($"{name}: {message}");
    }
}
