namespace TfKd.Tests;

/// <summary>One run of a small student with a counting teacher: what the teacher was asked for, and what came out.</summary>
internal sealed class CachingRun
{
    public const int Rows = 96;
    public const int BatchSize = 16;

    public static readonly TrainingPlan Plan = new()
    {
        Objective = new KnowledgeDistillation { Alpha = 0.5 },
        BatchSize = BatchSize,
        MaxEpochs = 4,
        Optimizer = new Sgd { LearningRate = 0.02 },
        Seed = 3,
    };

    private CachingRun(CountingTeacher teacher, List<string> messages, IReadOnlyList<EpochMetrics> history, byte[] weights) =>
        (Asked, Messages, Losses, Weights) = (teacher.Asked, messages, [.. history.Select(epoch => epoch.TrainingLoss)], weights);

    public IReadOnlyList<(int View, int Row)> Asked { get; }

    /// <summary>All that the run said of its teacher's answers being kept, warnings with an exclamation mark before them.</summary>
    public IReadOnlyList<string> Messages { get; }

    public IReadOnlyList<double> Losses { get; }

    public byte[] Weights { get; }

    /// <param name="plan">The plan; its teacher is replaced.</param>
    /// <param name="rows">Number of training rows.</param>
    /// <param name="rowSeed">Which training rows.</param>
    /// <param name="width">Width of the student.</param>
    /// <param name="teacherSeed">Which teacher.</param>
    /// <param name="cancelAfter">Number of steps after which the run is cancelled.</param>
    public static CachingRun Of(TrainingPlan plan, int rows = Rows, int rowSeed = 1, int width = 6, long teacherSeed = 11,
        int? cancelAfter = null)
    {
        using var source = new CancellationTokenSource();
        var teacher = new CountingTeacher { WeightSeed = teacherSeed };
        var watcher = new Watcher(cancelAfter, source);
        var trainer = new Trainer(plan with { Teacher = teacher, Callbacks = [.. plan.Callbacks, watcher] });
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = new ImageShape(3, 16, 16), Width = width }, 4);
        IReadOnlyList<EpochMetrics> history = [];
        try
        {
            history = trainer.Run(student, PatternSource.Create(rows, seed: rowSeed), null, source.Token).History;
        }
        catch (OperationCanceledException) when (cancelAfter is not null)
        {
        }

        using var stream = new MemoryStream();
        NetworkWeights.Save(student, stream);
        return new CachingRun(teacher, watcher.Messages, history, stream.ToArray());
    }

    private sealed class Watcher(int? cancelAfter, CancellationTokenSource source) : TrainingCallback
    {
        private int _steps;

        public List<string> Messages { get; } = [];

        public override void OnBatchEnd(TrainingState state)
        {
            if (++_steps == cancelAfter)
                source.Cancel();
        }

        public override void OnMessage(string message, bool isWarning)
        {
            // Of the teacher's quality nothing is asked here: its weights are random.
            var isOther = message.StartsWith("Convolutions run ", StringComparison.Ordinal)
                || message.StartsWith("The teacher's targets at ", StringComparison.Ordinal)
                || message.Contains(" is at chance: ", StringComparison.Ordinal);
            if (!isOther)
                Messages.Add(isWarning ? $"! {message}" : message);
        }
    }
}
