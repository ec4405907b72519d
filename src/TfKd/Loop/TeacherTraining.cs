namespace TfKd;

/// <summary>Trains the networks of teachers that must be trained first, on the rows and by the plan of the run that they will teach in.</summary>
internal sealed class TeacherTraining(
    TrainingPlan plan, NetworkArchitecture student, IImageSource training, IImageSource? validation, Action<string> say, CancellationToken token) : TeacherServices
{
    private int _count;

    /// <summary>The services of a context.</summary>
    /// <exception cref="InvalidOperationException">The teacher was opened outside of a run.</exception>
    public static TeacherTraining Of(TeacherSource source, TeacherContext context) => context.Services as TeacherTraining
        ?? throw new InvalidOperationException($"{source} trains its network by the plan of a run and can be opened in one only.");

    public TrainingPlan Plan => plan;

    /// <summary>Trains a network, of the student's architecture where none is given; the caller disposes it.</summary>
    /// <param name="architecture">What is trained; null: the student's architecture.</param>
    /// <param name="change">Changes the plan of the run to that of the teacher's.</param>
    public ImageNetwork Train(NetworkArchitecture? architecture, Func<TrainingPlan, TrainingPlan> change)
    {
        var number = ++_count;
        var own = change(plan with
        {
            // Half a teacher is no teacher.
            OnCancellation = CancellationOutcome.Throw,
            Seed = SeedSequence.DeriveInt32(plan.Seed, SeedPurpose.TeacherTraining, number),
            CheckpointDirectory = plan.CheckpointDirectory is { } directory ? Path.Combine(directory, $"teacher{number}") : null,
        });
        // At the size that it will be asked at.
        var sized = (architecture ?? student) with { InputShape = training.Shape };
        say($"Training teacher {number}: {sized}, {own.MaxEpochs} epochs, {own.Objective}.");
        var trainer = new Trainer(own with { Callbacks = [new Relay($"Teacher {number}", say)] });
        var network = trainer.CreateStudent(sized, training.ClassNames);
        try
        {
            trainer.Run(network, training, validation, token);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private sealed class Relay(string name, Action<string> say) : TrainingCallback
    {
        public override void OnEpochEnd(TrainingState state) => say($"{name}: {state.History[^1]}");

        public override void OnMessage(string message, bool isWarning) => say($"{name}: {message}");
    }
}
