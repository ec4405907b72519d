namespace TfKd;

/// <summary>
/// Draws a box a row, of an area that is uniform in a range and an aspect ratio whose logarithm is: ten times, until one fits into the
/// image. How many numbers are drawn does not depend on when one fits, so that what comes after does not depend on the rest of the batch.
/// </summary>
/// <param name="minArea">The smallest area, as a fraction of the image's.</param>
/// <param name="maxArea">The largest area, as a fraction of the image's.</param>
/// <param name="minAspectRatio">The smallest width, as a multiple of the height.</param>
/// <param name="maxAspectRatio">The largest width, as a multiple of the height.</param>
internal sealed class BoxSampling(double minArea, double maxArea, double minAspectRatio, double maxAspectRatio)
{
    private const int Tries = 10;

    /// <summary>A box for each row; null where none of the tries fits.</summary>
    public PixelBox?[] Draw(RowRandom random, int height, int width)
    {
        var sizes = new (int Height, int Width)?[random.Count];
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var areas = random.NextDoubles(minArea, maxArea);
            var logarithms = random.NextDoubles(Math.Log(minAspectRatio), Math.Log(maxAspectRatio));
            for (var row = 0; row < sizes.Length; row++)
                sizes[row] ??= Fitting(areas[row] * height * width, Math.Exp(logarithms[row]), height, width);
        }

        var (tops, lefts) = (random.NextDoubles(), random.NextDoubles());
        return [.. sizes.Select((size, row) => size is var (boxHeight, boxWidth)
            ? new PixelBox(Place(tops[row], height - boxHeight), Place(lefts[row], width - boxWidth), boxHeight, boxWidth)
            : (PixelBox?)null)];
    }

    private static (int Height, int Width)? Fitting(double area, double aspectRatio, int height, int width)
    {
        var (boxHeight, boxWidth) = ((int)Math.Round(Math.Sqrt(area / aspectRatio)), (int)Math.Round(Math.Sqrt(area * aspectRatio)));
        return boxHeight > 0 && boxHeight <= height && boxWidth > 0 && boxWidth <= width ? (boxHeight, boxWidth) : null;
    }

    private static int Place(double uniform, int highest) => Math.Min((int)(uniform * (highest + 1)), highest);
}
