namespace TfKd;

/// <summary>Weighs each class by 1 / n, with n its number of training rows: all classes that have rows count alike.</summary>
/// <example><code>
/// var plan = new TrainingPlan { ClassWeighting = new InverseFrequencyWeighting() };
/// </code></example>
public sealed record InverseFrequencyWeighting : ClassWeighting
{
    /// <inheritdoc/>
    public override IReadOnlyList<double> Weights(IReadOnlyList<int> rowCounts)
    {
        ArgumentNullException.ThrowIfNull(rowCounts);
        return [.. rowCounts.Select(count => count == 0 ? 0 : 1.0 / count)];
    }
}
