namespace TfKd.Benchmarks;

/// <summary>
/// Whether a long run takes more and more memory: ResNet-20 with a teacher, augmentation, mixing and validation, its resident memory after
/// each epoch.
/// </summary>
internal static class MemoryOverEpochs
{
    private const int Batches = 12;
    private const int BatchSize = 128;
    private const int Settled = 5;

    public static void Run(int epochs)
    {
        var memory = new List<double>();
        var trainer = new Trainer(new TrainingPlan
        {
            BatchSize = BatchSize,
            MaxEpochs = epochs,
            Objective = new KnowledgeDistillation(),
            Teacher = new MovingAverageTeacher(),
            Augmentations = [new RandomCrop(), new HorizontalFlip()],
            Mixing = new Mixup(),
            Callbacks = [new Gauge(memory)],
        });
        using var student = trainer.CreateStudent(new CifarResNet { Depth = 20 }, 100);
        trainer.Run(student, Rows.Make(Batches * BatchSize, new(3, 32, 32), 100), Rows.Make(BatchSize, new(3, 32, 32), 100));
        foreach (var epoch in new[] { 1, Settled, epochs / 2, epochs }.Distinct().Where(epoch => epoch <= memory.Count))
            Console.WriteLine(FormattableString.Invariant($"after epoch {epoch}: {memory[epoch - 1]:F1} MiB resident"));
        Console.WriteLine(FormattableString.Invariant($"epoch {epochs} / epoch {Settled}: {memory[^1] / memory[Settled - 1]:F4}"));
    }

    private sealed class Gauge(List<double> memory) : TrainingCallback
    {
        public override void OnEpochEnd(TrainingState state) => memory.Add(Environment.WorkingSet / 1048576.0);
    }
}
