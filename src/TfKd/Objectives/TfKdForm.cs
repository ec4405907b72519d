namespace TfKd;

/// <summary>The virtual teacher as the paper defines it, or as its authors' code computes it.</summary>
public enum TfKdForm
{
    /// <summary>Softening is p^(1/T) renormalised, which is what a temperature does to a distribution.</summary>
    Paper,

    /// <summary>
    /// Softening is softmax(p / T), with the probabilities themselves in the place of logits: almost uniform at any T above 1.
    /// </summary>
    ReferenceCode,
}
