namespace TfKd;

/// <summary>
/// Where a pixel of a changed image comes from: (x, y) is read at (Xx x + Xy y + X0, Yx x + Yy y + Y0), in pixels from the image's centre.
/// </summary>
internal readonly record struct AffineMap(double Xx, double Xy, double X0, double Yx, double Yy, double Y0)
{
    /// <summary>Turns the image about its centre.</summary>
    public static AffineMap Rotation(double degrees)
    {
        var radians = degrees * Math.PI / 180;
        // Not by SinCos, whose last bit may be another.
        var (sin, cos) = (Math.Sin(radians), Math.Cos(radians));
        return new(cos, -sin, 0, sin, cos, 0);
    }

    /// <summary>Moves the image to the right and down by so many pixels.</summary>
    public static AffineMap Translation(double right, double down) => new(1, 0, -right, 0, 1, -down);

    /// <summary>Reads each line further to the right by so many pixels a line, beginning at the upper edge of an image.</summary>
    public static AffineMap ShearX(double level, long height) => new(1, level, level * height / 2, 0, 1, 0);

    /// <summary>Reads each column further down by so many pixels a column, beginning at the left edge of an image.</summary>
    public static AffineMap ShearY(double level, long width) => new(1, 0, 0, level, 1, level * width / 2);
}
