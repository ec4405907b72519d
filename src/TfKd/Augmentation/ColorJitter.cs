using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Changes brightness, contrast, saturation and hue of each image by random factors, in a random order.</summary>
/// <remarks>
/// Each strength s means what torchvision's means: a factor that is uniform in [max(0, 1 - s), 1 + s], for the hue a turn that is uniform
/// in [-s, s] of the colour circle. Values beyond 0 to 255 are cut off after each change. Bytes are rounded once, at the end, where
/// torchvision drops fractions after each change. Images that are not RGB have no saturation and no hue: these two do nothing to them.
/// </remarks>
/// <example><code>
/// var augmentation = new ColorJitter { Hue = 0 };
/// </code></example>
public sealed record ColorJitter : Augmentation
{
    private const int Changes = 4;

    /// <summary>Strength of the change of brightness, 0 (none) or above; default 0.4.</summary>
    public double Brightness { get; init => field = Require.NotNegative(value); } = 0.4;

    /// <summary>Strength of the change of contrast, 0 (none) or above; default 0.4.</summary>
    public double Contrast { get; init => field = Require.NotNegative(value); } = 0.4;

    /// <summary>Strength of the change of saturation, 0 (none) or above; default 0.4.</summary>
    public double Saturation { get; init => field = Require.NotNegative(value); } = 0.4;

    /// <summary>The largest turn of the hue either way, from 0 (none) to 0.5 (to the complementary colour); default 0.1.</summary>
    public double Hue
    {
        get;
        init => field = value is >= 0 and <= 0.5
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Hue), value, $"Hue must be within [0, 0.5], but is {value}.");
    } = 0.1;

    /// <inheritdoc/>
    protected override Tensor ApplyCore(Tensor images, RowRandom random)
    {
        double[][] factors = [Factors(Brightness), Factors(Contrast), Factors(Saturation), random.NextDoubles(-Hue, Hue)];
        var orders = Orders(random);
        var result = PixelValues.Floating(images);
        for (var place = 0; place < Changes; place++)
            result = PixelValues.ForEachChoice(result, Array.ConvertAll(orders, order => order[place]), Changes, Change);
        return PixelValues.Restore(result, images);

        double[] Factors(double strength) => random.NextDoubles(Math.Max(0, 1 - strength), 1 + strength);

        Tensor Change(int change, Tensor some, int[] rows)
        {
            var own = Array.ConvertAll(rows, row => factors[change][row]);
            return change switch
            {
                0 when Brightness > 0 => ColourOperations.Brightness(some, own),
                1 when Contrast > 0 => ColourOperations.Contrast(some, own),
                2 when Saturation > 0 => ColourOperations.Saturation(some, own),
                3 when Hue > 0 => ColourOperations.Hue(some, own),
                _ => some,
            };
        }
    }

    /// <summary>The order of the changes of each row: every one is equally likely.</summary>
    private static int[][] Orders(RowRandom random)
    {
        var keys = Enumerable.Range(0, Changes).Select(_ => random.NextDoubles()).ToArray();
        return [.. Enumerable.Range(0, random.Count).Select(
            row => Enumerable.Range(0, Changes).OrderBy(change => keys[change][row]).ToArray())];
    }
}
