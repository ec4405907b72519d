namespace TfKd;

/// <summary>Which of the two networks that Howard et al. found (ICCV 2019).</summary>
public enum MobileNetV3Size
{
    /// <summary>15 blocks, 5.48 million parameters with 1,000 classes (table 1).</summary>
    Large,

    /// <summary>11 blocks, 2.54 million parameters with 1,000 classes (table 2).</summary>
    Small,
}
