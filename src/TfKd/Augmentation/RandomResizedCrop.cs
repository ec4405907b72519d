using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Cuts a box of random area, shape and place out of each image and stretches it to the image's size, bilinearly.</summary>
/// <remarks>
/// <para>The box is drawn as torchvision draws it: its area uniformly, its aspect ratio uniformly in the logarithm, ten times until it fits
/// into the image. Where none does, it is the largest box in the middle of the image whose aspect ratio is within the range. Pixels beyond
/// the box are not looked at.</para>
/// <para>Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke and Rabinovich, 'Going Deeper with Convolutions', CVPR 2015, section
/// 6: 8% to 100% of the area, 3/4 to 4/3. For images of 32 by 32 a smaller part than a fifth leaves little to see.</para>
/// </remarks>
/// <example><code>
/// var augmentation = new RandomResizedCrop { MinArea = 0.4 };
/// </code></example>
public sealed record RandomResizedCrop : Augmentation
{
    /// <summary>
    /// The smallest area of the box, as a fraction of the image's, above 0 and up to <see cref="MaxArea"/>; default 0.08.
    /// </summary>
    public double MinArea { get; init => field = Require.Positive(Require.Fraction(value)); } = 0.08;

    /// <summary>The largest area of the box, as a fraction of the image's, above 0 and up to 1; default 1.</summary>
    public double MaxArea { get; init => field = Require.Positive(Require.Fraction(value)); } = 1;

    /// <summary>The smallest width of the box, as a multiple of its height, above 0; default 3/4.</summary>
    public double MinAspectRatio { get; init => field = Require.Positive(value); } = 3.0 / 4;

    /// <summary>The largest width of the box, as a multiple of its height, <see cref="MinAspectRatio"/> or above; default 4/3.</summary>
    public double MaxAspectRatio { get; init => field = Require.Positive(value); } = 4.0 / 3;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The images are not [N,C,H,W].</exception>
    /// <exception cref="InvalidOperationException">A smallest value is above the largest.</exception>
    protected override Tensor ApplyCore(Tensor images, RowRandom random)
    {
        Require.Ordered(MinArea, MaxArea);
        Require.Ordered(MinAspectRatio, MaxAspectRatio);
        var (height, width) = ((int)images.shape[2], (int)images.shape[3]);
        var drawn = new BoxSampling(MinArea, MaxArea, MinAspectRatio, MaxAspectRatio).Draw(random, height, width);
        var boxes = Array.ConvertAll(drawn, box => box ?? Middle(height, width));
        return GridSampling.Apply(
            images,
            [.. boxes.SelectMany(box => Places(box.Left, box.Width, width))],
            [.. boxes.SelectMany(box => Places(box.Top, box.Height, height))]);
    }

    /// <summary>The largest box in the middle that has an aspect ratio within the range.</summary>
    internal PixelBox Middle(int height, int width)
    {
        var (boxHeight, boxWidth) = (height, width);
        if (width < MinAspectRatio * height)
            boxHeight = (int)Math.Round(width / MinAspectRatio);
        else if (width > MaxAspectRatio * height)
            boxWidth = (int)Math.Round(height * MaxAspectRatio);
        return new((height - boxHeight) / 2, (width - boxWidth) / 2, boxHeight, boxWidth);
    }

    /// <summary>Where the pixels along a side of the image are read, so that they fill a part of it evenly.</summary>
    private static IEnumerable<double> Places(int first, int length, int count) => Enumerable.Range(0, count)
        .Select(i => Math.Clamp(first + (i + 0.5) * length / count - 0.5, first, first + length - 1));
}
