namespace TfKd;

/// <summary>What stands where a part of an image is erased.</summary>
public enum ErasingFill
{
    /// <summary>Black: pixel value 0.</summary>
    Zero,

    /// <summary>The mean of each channel of the image itself.</summary>
    Mean,

    /// <summary>Noise: each value of each pixel uniform from 0 to 255.</summary>
    Random,
}
