using BenchmarkDotNet.Attributes;

namespace TfKd.Benchmarks;

/// <summary>
/// An epoch of a ResNet-20 student with a ResNet-56 teacher, asked for each batch or remembered from an earlier run, against cross entropy
/// alone: CIFAR-10's shape, batch 128.
/// </summary>
[SimpleJob(launchCount: 1, warmupCount: 1, iterationCount: 5, invocationCount: 1)]
public class DistillationBenchmarks
{
    private const int RowCount = 512;
    private const int ClassCount = 10;

    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-benchmark-").FullName;
    private readonly TrainingPlan _plan = new()
    {
        BatchSize = 128,
        MaxEpochs = 1,
        Schedule = new ConstantSchedule(),
        Normalization = new ChannelStatistics([0.5, 0.5, 0.5], [0.25, 0.25, 0.25]),
    };
    private DecodedCache _rows = null!;
    private ImageNetwork _teacher = null!;
    private TrainingPlan _online = null!;
    private TrainingPlan _cached = null!;

    /// <summary>Makes the rows, has the kernels checked once, and fills the cache.</summary>
    [GlobalSetup]
    public void Setup()
    {
        TorchRuntime.EnsureLoaded();
        _rows = Rows.Make(RowCount, new ImageShape(3, 32, 32), ClassCount);
        _teacher = new Trainer(new TrainingPlan { Seed = 1 }).CreateStudent(new CifarResNet { Depth = 56 }, ClassCount);
        var distilling = _plan with { Objective = new KnowledgeDistillation(), Teacher = new Untrained(_teacher) };
        _online = distilling with { TeacherCache = TeacherCache.Off };
        _cached = distilling with { TeacherCache = new TeacherCache { Directory = _directory } };
        CrossEntropy();
        OnlineTeacher();
        CachedTeacher();
    }

    /// <summary>Deletes the cache.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _teacher.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>No teacher.</summary>
    [Benchmark(Baseline = true)]
    public double CrossEntropy() => Run(_plan);

    /// <summary>All answers are known; finding them includes a fingerprint of teacher and rows.</summary>
    [Benchmark]
    public double CachedTeacher() => Run(_cached);

    /// <summary>The teacher runs beside the student.</summary>
    [Benchmark]
    public double OnlineTeacher() => Run(_online);

    private double Run(TrainingPlan plan)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(new CifarResNet(), ClassCount);
        return trainer.Run(student, _rows).Best.TrainingLoss;
    }

    // What a network knows costs nothing: its weights are those it starts with.
    private sealed record Untrained(ImageNetwork Network) : TeacherSource
    {
        protected override Teacher OpenCore(TeacherContext context) =>
            new NetworkTeacher(Network, context.ClassNames, context, ownsNetwork: false);
    }
}
