namespace TfKd;

/// <summary>How far the operations of <see cref="TrivialOperation"/> go at their full strength.</summary>
internal sealed record OperationRanges
{
    /// <summary>TrivialAugment's wide space.</summary>
    public static OperationRanges Wide { get; } = new()
    {
        Shear = 0.99,
        Translation = _ => 32,
        Degrees = 135,
        Change = 0.99,
        Bits = strength => 8 - Math.Round(6 * strength),
    };

    /// <summary>RandAugment's.</summary>
    public static OperationRanges Rand { get; } = new()
    {
        Shear = 0.3,
        // 150 pixels of an image of AutoAugment's.
        Translation = size => 150.0 / 331 * size,
        Degrees = 30,
        Change = 0.9,
        Bits = strength => 8 - Math.Round(4 * strength),
    };

    /// <summary>AugMix's.</summary>
    public static OperationRanges Mix { get; } = Rand with
    {
        Translation = size => size / 3.0,
        Bits = strength => 4 - Math.Round(4 * strength),
    };

    /// <summary>Pixels a line.</summary>
    public required double Shear { get; init; }

    /// <summary>Pixels, of an image that has so many along the same axis.</summary>
    public required Func<long, double> Translation { get; init; }

    /// <summary>Of a rotation.</summary>
    public required double Degrees { get; init; }

    /// <summary>The difference to 1 of the factors of brightness, colour, contrast and sharpness.</summary>
    public required double Change { get; init; }

    /// <summary>The bits that posterization keeps, by the strength.</summary>
    public required Func<double, double> Bits { get; init; }
}
