using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>The operations of <see cref="TrivialOperation"/>, each by one strength a row.</summary>
internal static class StrengthOperations
{
    /// <summary>Applies to each row the operation that is chosen for it.</summary>
    /// <param name="images">[N,C,H,W], floating point.</param>
    /// <param name="choices">Of each row.</param>
    /// <param name="ranges">How far the operations go.</param>
    public static Tensor Change(Tensor images, StrengthChoice[] choices, OperationRanges ranges) => PixelValues.ForEachChoice(
        images,
        Array.ConvertAll(choices, choice => (int)choice.Operation),
        (int)TrivialOperation.Count,
        (operation, some, rows) => Change(
            (TrivialOperation)operation,
            some,
            ranges,
            Array.ConvertAll(rows, row => choices[row].Strength),
            Array.ConvertAll(rows, row => choices[row].Sign)));

    /// <summary>Applies one operation.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="images">[N,C,H,W], floating point.</param>
    /// <param name="ranges">How far it goes.</param>
    /// <param name="strengths">From 0 to 1, one a row.</param>
    /// <param name="signs">1 or -1, one a row: the direction, where the operation has two.</param>
    public static Tensor Change(
        TrivialOperation operation, Tensor images, OperationRanges ranges, double[] strengths, int[] signs)
    {
        var (height, width) = (images.shape[2], images.shape[3]);
        double[] Signed(double most) => [.. strengths.Select((strength, row) => signs[row] * strength * most)];
        double[] Factors() => Array.ConvertAll(Signed(ranges.Change), change => 1 + change);
        Tensor Geometry(double most, Converter<double, AffineMap> map) =>
            GridSampling.Apply(images, Array.ConvertAll(Signed(most), map), RotationSampling.Nearest);
        return operation switch
        {
            TrivialOperation.ShearX => Geometry(ranges.Shear, level => AffineMap.ShearX(level, height)),
            TrivialOperation.ShearY => Geometry(ranges.Shear, level => AffineMap.ShearY(level, width)),
            TrivialOperation.TranslateX =>
                Geometry(ranges.Translation(width), pixels => AffineMap.Translation(Math.Truncate(pixels), 0)),
            TrivialOperation.TranslateY =>
                Geometry(ranges.Translation(height), pixels => AffineMap.Translation(0, Math.Truncate(pixels))),
            TrivialOperation.Rotate => Geometry(ranges.Degrees, AffineMap.Rotation),
            TrivialOperation.Brightness => ColourOperations.Brightness(images, Factors()),
            TrivialOperation.Colour => ColourOperations.Saturation(images, Factors()),
            TrivialOperation.Contrast => ColourOperations.Contrast(images, Factors()),
            TrivialOperation.Sharpness => ColourOperations.Sharpness(images, Factors()),
            TrivialOperation.Posterize => ToneOperations.Posterize(images, Array.ConvertAll(strengths, value => ranges.Bits(value))),
            TrivialOperation.Solarize => ToneOperations.Solarize(images, Array.ConvertAll(strengths, strength => 255 * (1 - strength))),
            TrivialOperation.AutoContrast => ToneOperations.AutoContrast(images),
            TrivialOperation.Equalize => ToneOperations.Equalize(images),
            _ => images.alias(),
        };
    }
}
