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
    private int _count;

    /// <inheritdoc/>
    public ImageNetwork Train(TeacherTrainingRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var number = ++_count;
        var own = PlanOf(request, number);
        // At the size that it will be asked at.
        var sized = (request.Architecture ?? student) with { InputShape = training.Shape };
        say($"Training teacher {number}: {sized}, {own.MaxEpochs} epochs, {own.Objective}.");
        var trainer = new Trainer(own with { Callbacks = [new Relay($"Teacher {number}", say)] });
        var network = trainer.CreateStudent(sized, training.ClassNames);
        try
        {
            trainer.Run(network, SourceSubset.OfLabelled(training), validation, token);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private TrainingPlan PlanOf(TeacherTrainingRequest request, int number)
    {
        var startsAsStudent = request.Architecture is null;
        return plan with
        {
            Objective = request.Objective ?? plan.Objective,
            Teacher = request.Teacher,
            MaxEpochs = request.Epochs ?? plan.MaxEpochs,
            InitialWeights = request.InitialWeights ?? (startsAsStudent ? plan.InitialWeights : null),
            FrozenStages = request.FrozenStages ?? (startsAsStudent ? plan.FrozenStages : 0),
            FreezeBatchNormStatistics = startsAsStudent && plan.FreezeBatchNormStatistics,
            BackboneLearningRateFactor = request.BackboneLearningRateFactor ?? (startsAsStudent ? plan.BackboneLearningRateFactor : 1),
            Optimizer = request.Optimizer ?? plan.Optimizer,
            Schedule = request.Schedule ?? plan.Schedule,
            BatchSize = request.BatchSize ?? plan.BatchSize,
            Augmentations = request.Augmentations ?? plan.Augmentations,
            Mixing = request.Mixing ?? plan.Mixing,
            // Half a teacher is no teacher.
            OnCancellation = CancellationOutcome.Throw,
            Seed = SeedSequence.DeriveInt32(plan.Seed, SeedPurpose.TeacherTraining, number),
            CheckpointDirectory = plan.CheckpointDirectory is { } directory ? Path.Combine(directory, $"teacher{number}") : null,
        };
    }

    private sealed class Relay(string name, Action<string> say) : TrainingCallback
    {
        public override void OnEpochEnd(TrainingState state) => say($"{name}: {state.History[^1]}");

        public override void OnMessage(string message, bool isWarning) => say($"{name}: {message}");
    }
}
