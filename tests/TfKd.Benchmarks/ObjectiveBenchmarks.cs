using BenchmarkDotNet.Attributes;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Benchmarks;

/// <summary>Forward and backward of each objective on a batch of CIFAR-100's size, against cross entropy.</summary>
[MemoryDiagnoser]
public class ObjectiveBenchmarks
{
    private Tensor _student = null!;
    private Tensor _teacher = null!;
    private Tensor _labels = null!;

    /// <summary>Makes the batch.</summary>
    [GlobalSetup]
    public void Setup()
    {
        TorchRuntime.EnsureLoaded();
        set_num_threads(1);
        _student = randn(128, 100, requires_grad: true);
        _teacher = randn(128, 100);
        _labels = randint(100, 128, ScalarType.Int64);
    }

    /// <summary>H(q, p).</summary>
    [Benchmark(Baseline = true)]
    public void CrossEntropy() => Step(new CrossEntropy());

    /// <summary>H(q', p).</summary>
    [Benchmark]
    public void LabelSmoothing() => Step(new LabelSmoothing());

    /// <summary>With the teacher's logits at hand.</summary>
    [Benchmark]
    public void KnowledgeDistillation() => Step(new KnowledgeDistillation());

    /// <summary>The closed form.</summary>
    [Benchmark]
    public void TfKdRegularization() => Step(new TfKdRegularization());

    private void Step(Objective objective)
    {
        using var scope = NewDisposeScope();
        objective.Evaluate(_student, _labels, _teacher).backward();
        _student.grad!.zero_();
    }
}
