using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TfKd.Tests;

/// <summary>oneDNN's switch and Torch's random numbers are the whole process's, so tests of them run while no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessWideState
{
    public const string Name = "process-wide state";
}

/// <summary>A folder that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("tfkd-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>Says what it is told to, and keeps account of what it was asked.</summary>
internal sealed class ScriptedProbe(
    Func<ConvolutionSignature, ComputePath, double> error, Func<ComputePath, double>? milliseconds = null) : IConvolutionProbe
{
    public List<(ConvolutionSignature Signature, ComputePath Path)> Asked { get; } = [];

    public KernelVerdict Run(ConvolutionSignature signature, ComputePath path)
    {
        Asked.Add((signature, path));
        return new KernelVerdict(signature.ToString(), path, error(signature, path), milliseconds?.Invoke(path) ?? 1);
    }
}

/// <summary>Stacks of convolutions with the shapes of known networks.</summary>
internal static class Stacks
{
    /// <summary>The same by their batch sizes, as a network's are.</summary>
    public static IReadOnlyDictionary<int, IReadOnlyList<ConvolutionSignature>> ByBatch(IReadOnlyList<ConvolutionSignature> signatures) =>
        signatures.GroupBy(signature => (int)signature.Batch).DefaultIfEmpty()
            .ToDictionary(
                batch => batch?.Key ?? 4,
                batch => (IReadOnlyList<ConvolutionSignature>)[.. batch ?? Enumerable.Empty<ConvolutionSignature>()]);

    public static ConvolutionSignature Convolution(
        long inChannels,
        long outChannels,
        long size,
        long kernel = 3,
        long stride = 1,
        long groups = 1,
        long batch = 4,
        bool first = false) => new()
        {
            InChannels = inChannels,
            OutChannels = outChannels,
            Input = (size, size),
            Batch = batch,
            Kernel = (kernel, kernel),
            Stride = (stride, stride),
            Padding = (kernel / 2, kernel / 2),
            Groups = groups,
            NeedsInputGradient = !first,
        };

    /// <summary>The convolutions of a residual network of basic blocks: 16 channels for ResNet-20 of CIFAR, 64 for ResNet-18.</summary>
    public static ConvolutionSignature[] Residual(long width, int stages, long size)
    {
        var found = new List<ConvolutionSignature> { Convolution(3, width, size, first: true), Convolution(width, width, size) };
        for (var stage = 1; stage < stages; stage++, width *= 2, size /= 2)
            found.AddRange([
                Convolution(width, 2 * width, size, stride: 2),
                Convolution(width, 2 * width, size, kernel: 1, stride: 2),
                Convolution(2 * width, 2 * width, size / 2),
            ]);
        return [.. found];
    }

    /// <summary>The convolutions of a densely connected block: growth 12, channel counts that are no multiples of 16.</summary>
    public static ConvolutionSignature[] Dense() =>
        [
            Convolution(3, 24, 16, first: true),
            .. Enumerable.Range(2, 8).Select(i => Convolution(12 * i, 12, 16)),
            Convolution(120, 60, 16, kernel: 1),
            Convolution(60, 12, 8),
            Convolution(28, 12, 8),
        ];

    /// <summary>The convolutions of inverted residuals: wide, and one channel at a time.</summary>
    public static ConvolutionSignature[] Inverted() =>
        [
            Convolution(16, 96, 16, kernel: 1),
            Convolution(96, 96, 16, stride: 2, groups: 96),
            Convolution(96, 24, 8, kernel: 1),
            Convolution(144, 144, 8, groups: 144),
        ];

    public static Module<Tensor, Tensor> SmallNetwork() => Sequential(
        Conv2d(3, 24, 3, padding: 1, bias: false), BatchNorm2d(24), ReLU(), Conv2d(24, 12, 3, padding: 1, stride: 2), ReLU(), Conv2d(
            12, 16, 1, stride: 2), ReLU(),
        AdaptiveAvgPool2d(1), Flatten(), Linear(16, 5));
}
