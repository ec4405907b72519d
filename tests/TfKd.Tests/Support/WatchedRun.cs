namespace TfKd.Tests;

/// <summary>Short runs for what watches them: 48 rows of 4 classes, 32 to validate on.</summary>
internal static class WatchedRun
{
    public static TrainingPlan Plan { get; } = new()
    {
        BatchSize = 16,
        MaxEpochs = 3,
        Optimizer = new Sgd { LearningRate = 0.05 },
        Seed = 5,
    };

    public static TrainingResult Run(TrainingPlan plan, bool validate = true, CancellationToken token = default) =>
        Run(plan, PatternSource.Create(48), validate ? PatternSource.Create(32, seed: 2) : null, token);

    public static TrainingResult Run(TrainingPlan plan, IImageSource training, IImageSource? validation, CancellationToken token = default)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = training.Shape, Width = 4 }, training.ClassNames.Count);
        return trainer.Run(student, training, validation, token);
    }

    /// <summary>Runs until the token is cancelled in an epoch, from 0.</summary>
    public static void RunAndCancel(TrainingPlan plan, int epoch)
    {
        using var source = new CancellationTokenSource();
        var cancel = new Watcher { BatchEnd = state => { if (state.Epoch == epoch) source.Cancel(); } };
        Assert.ThrowsAny<OperationCanceledException>(() => Run(plan with { Callbacks = [.. plan.Callbacks, cancel] }, token: source.Token));
    }

    public sealed class Watcher : TrainingCallback
    {
        public Action<TrainingState>? BatchEnd { get; init; }

        public Action<TrainingState>? EpochEnd { get; init; }

        public Action<TrainingState, TrainingResult>? Finished { get; init; }

        public List<string> Warnings { get; } = [];

        public override void OnBatchEnd(TrainingState state) => BatchEnd?.Invoke(state);

        public override void OnEpochEnd(TrainingState state) => EpochEnd?.Invoke(state);

        public override void OnFinished(TrainingState state, TrainingResult result) => Finished?.Invoke(state, result);

        public override void OnMessage(string message, bool isWarning)
        {
            if (isWarning)
                Warnings.Add(message);
        }
    }
}
