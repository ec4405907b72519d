namespace TfKd;

/// <summary>
/// What <see cref="TargetFreeSelfKd"/> ranks the classes by that are not the row's. Both are sums of a score of the earlier classifier w
/// and one of the student s.
/// </summary>
public enum TargetFreeSelfKdRanking
{
    /// <summary>
    /// w_k / (1 - w_c) + s_k / (1 - s_c), the probabilities among the other classes, with ranks from 1 to K - 1: what the method is
    /// described as.
    /// </summary>
    Probabilities,

    /// <summary>
    /// What the authors' code computes: w_k / (1 - w_c) + log s_k / (1 - log s_c), with the logarithm where the probability is meant, and
    /// ranks from 1 to K of which the row's own class takes one. Differs from the other in the order of classes that w and s see
    /// differently, and in the rank that is missing.
    /// </summary>
    ReferenceCode,
}
