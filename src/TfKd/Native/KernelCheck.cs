using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Chooses how a network's convolutions are computed on the processor at hand. On some, oneDNN inside libtorch 2.10 gives wrong numbers for
/// some shapes in some memory layouts, without a word; so each convolution of the network is compared with float64 before it is relied on.
/// </summary>
public static class KernelCheck
{
    // Fastest first, by measurement on processors with AVX2 and with AVX-512. A fixed order, not a stopwatch: the path decides the last
    // bits of the results, and the same seed must give the same weights.
    private static readonly ComputePath[] _candidates =
    [
        new(MemoryLayout.ChannelsLast, OneDnn: true), ComputePath.Default, ComputePath.Trusted,
    ];

    // Where none of these is right, the paths in single precision follow.
    private static readonly ComputePath[] _bfloat16Candidates =
        [new(MemoryLayout.ChannelsLast, OneDnn: true) { Precision = Precision.BFloat16 },
            ComputePath.Default with { Precision = Precision.BFloat16 }];

    /// <summary>
    /// Chooses the fastest path on which every convolution of the network, and its gradients, are right in float32 on the CPU; smaller
    /// batches that it is not right for get kernels of their own.
    /// </summary>
    /// <param name="network">
    /// Maps images [N,C,H,W] to logits; its weights, modes and statistics are left as they are. Freeze what is to be frozen before.
    /// </param>
    /// <param name="inputShape">C, H and W of the images.</param>
    /// <param name="batchSizes">Every batch size that will run: that of training, the last of an epoch, that of evaluation.</param>
    /// <returns>
    /// The path, the verdicts, the cost. Verdicts are remembered in the user's cache folder, so that a second run costs next to nothing.
    /// </returns>
    /// <exception cref="ArgumentException">The shape is not three numbers above 0, or there is no batch size, or one below 1.</exception>
    public static KernelCheckResult Choose(
        nn.Module<Tensor, Tensor> network, ReadOnlySpan<long> inputShape, params IReadOnlyList<int> batchSizes) =>
        Choose(network, inputShape, Precision.Float32, batchSizes);

    /// <summary>The same in the precision that is wanted; where no path is right in it, in float32.</summary>
    /// <inheritdoc cref="Choose(nn.Module{Tensor, Tensor}, ReadOnlySpan{long}, IReadOnlyList{int})"/>
    public static KernelCheckResult Choose(
        nn.Module<Tensor, Tensor> network, ReadOnlySpan<long> inputShape, Precision precision, params IReadOnlyList<int> batchSizes)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(batchSizes);
        if (inputShape.Length != 3 || inputShape.ContainsAnyInRange(long.MinValue, 0))
            throw new ArgumentException(
                $"Expected C, H and W above 0, found [{string.Join(',', inputShape.ToArray())}].", nameof(inputShape));
        if (batchSizes.Count == 0 || batchSizes.Min() < 1)
            throw new ArgumentException(
                $"Expected one batch size or more, each above 0, found [{string.Join(',', batchSizes)}].", nameof(batchSizes));
        return Choose(network, inputShape, batchSizes, KernelVerdictStore.DefaultFolder, precision);
    }

    /// <summary>The same, with the folder in which verdicts are remembered.</summary>
    internal static KernelCheckResult Choose(
        nn.Module<Tensor, Tensor> network, ReadOnlySpan<long> inputShape, IReadOnlyList<int> batchSizes, string folder,
        Precision precision = Precision.Float32)
    {
        TorchRuntime.EnsureLoaded();
        var watch = Stopwatch.StartNew();
        var convolutions = ConvolutionRecorder.Record(network, inputShape, batchSizes);
        var store = new KernelVerdictStore(folder, MachineIdentity.Describe());
        var candidates = (precision == Precision.BFloat16 && Autocast.CanSwitch
            ? _bfloat16Candidates.Concat(_candidates)
            : _candidates).Where(path => path.OneDnn || OneDnn.CanSwitch);
        var result = Choose(convolutions, [.. candidates], new ConvolutionProbe(), store,
            (signature, path) => KernelHazards.IsFatal(signature, path, KernelHazards.ProcessorIsAffected));
        return result with { Elapsed = watch.Elapsed };
    }

    /// <summary>
    /// The first candidate that is right for the largest batch, and beside which each smaller one has a path of the same layout, since the
    /// weights have one; none is: the last candidate, which <see cref="KernelCheckResult.Warning"/> says.
    /// </summary>
    internal static KernelCheckResult Choose(
        IReadOnlyDictionary<int, IReadOnlyList<ConvolutionSignature>> convolutions,
        IReadOnlyList<ComputePath> candidates,
        IConvolutionProbe probe,
        KernelVerdictStore store,
        Func<ConvolutionSignature, ComputePath, bool> isFatal)
    {
        var judge = new KernelJudge(probe, store, isFatal);
        var largest = convolutions.Keys.Max();
        foreach (var path in candidates)
            if (judge.AllAreRight(convolutions[largest], path) && SmallerBatches(path) is { } smaller)
                return Finish(path, smaller);
        return Finish(candidates[^1], new Dictionary<int, ComputePath>());

        Dictionary<int, ComputePath>? SmallerBatches(ComputePath path)
        {
            var found = new Dictionary<int, ComputePath>();
            foreach (var (size, ofSize) in convolutions.Where(batch => batch.Key != largest && !judge.AllAreRight(batch.Value, path)))
            {
                if (Slower(path).FirstOrDefault(other => judge.AllAreRight(ofSize, other)) is not { } right)
                    return null;
                found.Add(size, right);
            }
            return found;
        }

        IEnumerable<ComputePath> Slower(ComputePath path) => candidates.SkipWhile(other => other != path).Skip(1)
            .Where(other => other.OneDnn && other.Layout == path.Layout)
            // libtorch's own kernels take either layout; whether they can be had, the candidates say.
            .Concat(candidates.Where(other => !other.OneDnn).Select(other => other with { Layout = path.Layout }));

        KernelCheckResult Finish(ComputePath path, IReadOnlyDictionary<int, ComputePath> smaller)
        {
            store.Save();
            return new KernelCheckResult(path, judge.Verdicts, TimeSpan.Zero, judge.Remembered) { SmallerBatches = smaller };
        }
    }
}
