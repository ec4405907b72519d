using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Erases a box of random area, shape and place from some of the images.</summary>
/// <remarks>
/// <para>Zhong, Zheng, Kang, Li and Yang, 'Random Erasing Data Augmentation', AAAI 2020, who erase half of the images, 2% to 40% of the
/// area, with an aspect ratio between 0.3 and 1 / 0.3 and a fill of noise. The default of <see cref="MaxArea"/> is torchvision's; so is
/// that the aspect ratio is uniform in its logarithm, where the authors' code draws it uniformly. An image into which no box of ten fits
/// stays as it is.</para>
/// <para>Place it last among the augmentations, as the authors do: what comes after would move or turn the box.</para>
/// </remarks>
/// <example><code>
/// var augmentation = new RandomErasing { Fill = ErasingFill.Random };
/// </code></example>
public sealed record RandomErasing : Augmentation
{
    /// <summary>Probability that a part of an image is erased, within [0, 1]; default 0.5.</summary>
    public double Probability { get; init => field = Require.Fraction(value); } = 0.5;

    /// <summary>
    /// The smallest area of the box, as a fraction of the image's, above 0 and up to <see cref="MaxArea"/>; default 0.02.
    /// </summary>
    public double MinArea { get; init => field = Require.Positive(Require.Fraction(value)); } = 0.02;

    /// <summary>The largest area of the box, as a fraction of the image's, above 0 and up to 1; default 0.33.</summary>
    public double MaxArea { get; init => field = Require.Positive(Require.Fraction(value)); } = 0.33;

    /// <summary>
    /// The smallest width of the box, as a multiple of its height, above 0 and up to 1; default 0.3. The largest is 1 divided by it.
    /// </summary>
    public double MinAspectRatio { get; init => field = Require.Positive(Require.Fraction(value)); } = 0.3;

    /// <summary>What stands in the box; default <see cref="ErasingFill.Zero"/>.</summary>
    public ErasingFill Fill { get; init => field = Require.Defined(value); } = ErasingFill.Zero;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The images are not [N,C,H,W].</exception>
    /// <exception cref="InvalidOperationException"><see cref="MinArea"/> is above <see cref="MaxArea"/>.</exception>
    protected override Tensor ApplyCore(Tensor images, RowRandom random)
    {
        Require.Ordered(MinArea, MaxArea);
        var (height, width) = (images.shape[2], images.shape[3]);
        var chances = random.NextDoubles();
        var drawn = new BoxSampling(MinArea, MaxArea, MinAspectRatio, 1 / MinAspectRatio).Draw(random, (int)height, (int)width);
        var seeds = random.NextIntegers(int.MaxValue);
        PixelBox[] boxes = [.. drawn.Select((box, row) => chances[row] < Probability ? box.GetValueOrDefault() : default)];
        var isErased = Within(height, box => box.Top, box => box.Height)
            .unsqueeze(3).logical_and(Within(width, box => box.Left, box => box.Width).unsqueeze(2));
        return where(isErased, Filling(), images);

        // [N,1,count]: which lines or columns are within each row's box.
        Tensor Within(long count, Converter<PixelBox, long> first, Converter<PixelBox, long> length)
        {
            var places = arange(count, device: images.device).view(1, 1, -1);
            var starts = DeviceCopy.Of(Array.ConvertAll(boxes, first), images.device).view(-1, 1, 1);
            var ends = starts + DeviceCopy.Of(Array.ConvertAll(boxes, length), images.device).view(-1, 1, 1);
            return places.ge(starts).logical_and(places.lt(ends));
        }

        Tensor Filling() => Fill switch
        {
            ErasingFill.Zero => zeros(1, images.dtype, images.device),
            ErasingFill.Mean => PixelValues.Restore(PixelValues.Mean(PixelValues.Floating(images), 2, 3), images),
            _ => DeviceCopy.To(Noise(images, seeds, boxes).to(images.dtype), images.device),
        };
    }

    /// <summary>Noise for each row that has a box, from a generator of its own.</summary>
    private static Tensor Noise(Tensor images, long[] seeds, PixelBox[] boxes)
    {
        var noise = zeros(images.shape, ScalarType.Byte);
        var bytes = noise.bytes;
        var count = bytes.Length / Math.Max(seeds.Length, 1);
        for (var row = 0; row < seeds.Length; row++)
        {
            if (boxes[row].Height > 0)
                new Random((int)seeds[row]).NextBytes(bytes.Slice(row * count, count));
        }

        return noise;
    }
}
