namespace TfKd;

/// <summary>
/// How the input of a residual block is brought to the shape of its output, where they differ (He et al., CVPR 2016, section 4.1).
/// </summary>
public enum ResidualShortcut
{
    /// <summary>By a 1x1 convolution with batch norm: option B.</summary>
    Projection,

    /// <summary>
    /// By taking every second row and column and adding channels of zeros, as many before as behind: option A. It has no parameters.
    /// </summary>
    ZeroPadding,
}
