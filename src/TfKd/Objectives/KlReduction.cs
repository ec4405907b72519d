namespace TfKd;

/// <summary>What a divergence is divided by.</summary>
public enum KlReduction
{
    /// <summary>The number of rows: a mean over rows of sums over classes, which is what the formula says.</summary>
    PerRow,

    /// <summary>
    /// The number of rows and of classes: what PyTorch's <c>KLDivLoss</c> does unless told otherwise, and so K times less.
    /// </summary>
    PerElement,
}
