using BenchmarkDotNet.Attributes;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Benchmarks;

/// <summary>
/// An epoch of the trainer against a bare loop that does the same arithmetic on tensors that are ready: ResNet-20, batch 128, CIFAR's
/// shape.
/// </summary>
[SimpleJob(launchCount: 1, warmupCount: 1, iterationCount: 5)]
public class TrainingBenchmarks
{
    private const int BatchSize = 128;
    private const int Batches = 8;
    private const int ClassCount = 100;
    private static readonly ImageShape _shape = new(3, 32, 32);

    private readonly TrainingPlan _plan = new() { BatchSize = BatchSize, MaxEpochs = 1, Schedule = new ConstantSchedule() };
    private DecodedCache _rows = null!;
    private Tensor _images = null!;
    private Tensor _labels = null!;

    /// <summary>Makes the rows, and has the kernels checked once.</summary>
    [GlobalSetup]
    public void Setup()
    {
        TorchRuntime.EnsureLoaded();
        _rows = Rows.Make(Batches * BatchSize, _shape, ClassCount);
        _images = randint(256, [BatchSize, 3, 32, 32], ScalarType.Byte);
        _labels = randint(ClassCount, BatchSize, ScalarType.Int64);
        Trainer();
    }

    /// <summary>The library's loop, from the decoded cache, without augmentation.</summary>
    [Benchmark]
    public void Trainer()
    {
        var trainer = new Trainer(_plan);
        using var student = trainer.CreateStudent(new CifarResNet(), ClassCount);
        trainer.Run(student, _rows);
    }

    /// <summary>Forward, cross entropy, backward, SGD, in the layout that the kernel check chose.</summary>
    [Benchmark(Baseline = true)]
    public void BareLoop()
    {
        using var student = new CifarResNet().Build(ClassCount);
        var path = KernelCheck.Choose(student, [_shape.Channels, _shape.Height, _shape.Width], BatchSize).Path;
        path.Prepare(student);
        using var optimizer = optim.SGD(student.parameters(), 0.1, momentum: 0.9, weight_decay: 5e-4);
        using var kernels = path.Enter();
        for (var i = 0; i < Batches; i++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            nn.functional.cross_entropy(student.call(path.Arrange(_images)), _labels).backward();
            optimizer.step();
        }
    }
}
