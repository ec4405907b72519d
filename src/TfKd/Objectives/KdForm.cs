namespace TfKd;

/// <summary>
/// What the divergence of knowledge distillation is multiplied by, beside alpha. The three differ by factors of hundreds under one name.
/// </summary>
public enum KdForm
{
    /// <summary>T^2, which keeps the gradient's size when T changes: what nearly everyone means by KD.</summary>
    Hinton,

    /// <summary>1: equation 4 of the Tf-KD paper.</summary>
    Paper,

    /// <summary>
    /// T^2 times the multiplier, divided by K: what the Tf-KD authors' code computes, its <c>KLDivLoss</c> being a mean over elements.
    /// </summary>
    ReferenceCode,
}
