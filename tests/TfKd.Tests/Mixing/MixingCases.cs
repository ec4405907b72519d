using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

internal static class MixingCases
{
    public const int Classes = 5;

    public static IReadOnlyDictionary<string, Mixing> All { get; } = new Mixing[]
    {
        new Mixup(),
        new Mixup { Alpha = 1 },
        new CutMix(),
        new CutMix { Probability = 0.5 },
        new RandomMixing(new Mixup { Alpha = 0.8 }, new CutMix()),
        new RandomMixing(new Mixup(), new CutMix()) { Probabilities = [0.3, 0.2] },
    }.ToDictionary(mixing => mixing.ToString());

    /// <summary>Images of which each has one value, its row's number plus 1.</summary>
    public static Tensor Images(int count, ScalarType type = ScalarType.Byte) =>
        arange(1, count + 1, ScalarType.Int64).view(-1, 1, 1, 1).expand(count, 3, 12, 10).to(type);

    /// <summary>Targets of the class row modulo K.</summary>
    public static Targets Labels(int count, Tensor? weights =
        null) => Targets.FromLabels(arange(count, ScalarType.Int64).remainder(Classes), Classes, weights);
}
