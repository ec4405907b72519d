namespace TfKd;

/// <summary>How a pixel is read between pixels.</summary>
public enum RotationSampling
{
    /// <summary>The nearest pixel's value.</summary>
    Nearest,

    /// <summary>The four nearest pixels, weighted by their closeness.</summary>
    Bilinear,
}
