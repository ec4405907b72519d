namespace TfKd;

/// <summary>
/// The operations of <see cref="TrivialAugment"/>, <see cref="RandAugment"/> and <see cref="AugMix"/>. Their order is a part of what a seed
/// means: never change it.
/// </summary>
internal enum TrivialOperation
{
    Identity,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
    Rotate,
    Brightness,
    Colour,
    Contrast,
    Sharpness,
    Posterize,
    Solarize,
    AutoContrast,
    Equalize,

    /// <summary>How many there are.</summary>
    Count,
}
