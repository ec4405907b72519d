using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

internal static class AugmentationCases
{
    public static IReadOnlyDictionary<string, Augmentation> All { get; } = new Augmentation[]
    {
        new RandomCrop(),
        new RandomCrop { Padding = 3, Border = BorderMode.Reflect },
        new HorizontalFlip(),
        new VerticalFlip(),
        new Rotation(),
        new Rotation { Degrees = 40, Sampling = RotationSampling.Bilinear },
        new RandomResizedCrop(),
        new ColorJitter(),
        new RandomErasing(),
        new RandomErasing { Fill = ErasingFill.Mean },
        new RandomErasing { Fill = ErasingFill.Random },
        new TrivialAugment(),
        new RandAugment(),
        new RandAugment { Operations = 3, Magnitude = 30 },
        new AugMix(),
        new AugMix { AllOperations = false, ChainDepth = 2, Severity = 10, MixtureWidth = 2, Alpha = 0.5 },
    }.ToDictionary(augmentation => augmentation.ToString());

    /// <summary>Pixels that differ from their neighbours, of images higher than wide.</summary>
    public static Tensor Images(int count, ScalarType type = ScalarType.Byte)
    {
        var random = new Random(11);
        return tensor(Enumerable.Range(0, count * 3 * 12 * 10).Select(_ => random.Next(256)).ToArray(), [count, 3, 12, 10], type);
    }

    public static RowRandom Random(int view, params int[] rows) => new(seed: 7, rows, view);

    public static int[] Rows(int count) => [.. Enumerable.Range(0, count)];
}
