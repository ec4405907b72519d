using System.Diagnostics;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Benchmarks;

/// <summary>
/// What a user of TorchSharp would write by hand for ResNet-20 on images of CIFAR's size: the same arithmetic as the trainer's,
/// augmentation included, on batches that lie ready, in the layout that the kernel check chose, with TorchSharp's own optimiser. It also
/// tells where the time of a step goes.
/// </summary>
internal sealed class BareLoop : IDisposable
{
    private const long Seed = 1;

    private readonly ImageNetwork _student;
    private readonly ComputePath _path;
    private readonly OptimizerHelper _optimizer;
    private readonly IReadOnlyList<Augmentation> _augmentations;
    private readonly IReadOnlyList<(Tensor Images, Tensor Labels, int[] Rows)> _batches;

    public BareLoop(
        NetworkArchitecture network, IImageSource rows, int batchSize, IReadOnlyList<Augmentation> augmentations, Precision precision)
    {
        _augmentations = augmentations;
        random.manual_seed(Seed);
        _student = network.Build(rows.ClassNames.Count);
        _student.Normalization.Set(ChannelStatistics.Of(rows));
        _path = KernelCheck.Choose(_student, [rows.Shape.Channels, rows.Shape.Height, rows.Shape.Width], precision, batchSize).Path;
        _path.Prepare(_student);
        _optimizer = optim.SGD(_student.parameters(), 0.1, momentum: 0.9, weight_decay: 5e-4);
        _batches = [
            .. new BatchLoader(rows, batchSize).ReadShuffled(Seed, 0).Select(batch => (batch.Images, batch.Labels, batch.RowIds.ToArray())),
        ];
        _student.train();
    }

    /// <summary>How it computes.</summary>
    public ComputePath Path => _path;

    /// <summary>Seconds that each part of a step took, all steps together.</summary>
    public Dictionary<string, double> Parts { get; } = [];

    /// <summary>One pass over the batches; returns the fraction classified as labelled.</summary>
    public double Epoch(int number)
    {
        using var kernels = _path.Enter();
        var (correct, count) = (0L, 0);
        foreach (var (images, labels, rows) in _batches)
        {
            using var scope = NewDisposeScope();
            var mark = Stopwatch.GetTimestamp();
            var seen = images;
            var random = new RowRandom(Seed, rows, number);
            foreach (var augmentation in _augmentations)
                seen = augmentation.Apply(seen, random);
            mark = Note("augmentation", mark);
            var logits = _student.call(_path.Arrange(seen));
            mark = Note("forward", mark);
            var loss = nn.functional.cross_entropy(logits.to(ScalarType.Float32), labels);
            mark = Note("loss", mark);
            _optimizer.zero_grad();
            loss.backward();
            mark = Note("backward", mark);
            _optimizer.step();
            mark = Note("optimiser", mark);
            correct += logits.argmax(1).eq(labels).sum().item<long>();
            count += rows.Length;
            Note("accuracy", mark);
        }

        return (double)correct / count;
    }

    public void Dispose()
    {
        foreach (var (images, labels, _) in _batches)
        {
            images.Dispose();
            labels.Dispose();
        }

        _optimizer.Dispose();
        _student.Dispose();
    }

    private long Note(string part, long since)
    {
        var now = Stopwatch.GetTimestamp();
        Parts[part] = Parts.GetValueOrDefault(part) + Stopwatch.GetElapsedTime(since, now).TotalSeconds;
        return now;
    }
}
