namespace TfKd;

/// <summary>
/// Weighs each class by (1 - b) / (1 - b^n), with n its number of training rows: the inverse of the number of rows that n are worth when
/// rows of a class overlap. Between no weighting (b = 0) and <see cref="InverseFrequencyWeighting"/> (b towards 1).
/// </summary>
/// <remarks>
/// Equations 2 and 4 of Cui, Jia, Lin, Song and Belongie, 'Class-Balanced Loss Based on Effective Number of Samples', CVPR 2019. There the
/// weights of the classes add up to K; here those of the rows have mean 1, as <see cref="ClassWeighting"/> says: a common factor.
/// </remarks>
/// <example><code>
/// var plan = new TrainingPlan { ClassWeighting = new EffectiveNumberWeighting { Beta = 0.999 } };
/// </code></example>
public sealed record EffectiveNumberWeighting : ClassWeighting
{
    /// <summary>
    /// The paper's beta, at least 0 and below 1; default 0.999. 1 / (1 - beta) is the number of rows beyond which more of them add nothing.
    /// </summary>
    public double Beta { get; init => field = Require.FractionBelowOne(value); } = 0.999;

    /// <inheritdoc/>
    public override IReadOnlyList<double> Weights(IReadOnlyList<int> rowCounts)
    {
        ArgumentNullException.ThrowIfNull(rowCounts);
        return [.. rowCounts.Select(count => count == 0 ? 0 : (1 - Beta) / (1 - Math.Pow(Beta, count)))];
    }
}
