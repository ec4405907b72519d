namespace TfKd;

/// <summary>Leaves the learning rate as it is.</summary>
/// <example><code>
/// var schedule = new ConstantSchedule();
/// </code></example>
public sealed record ConstantSchedule : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double Factor(double epoch, int maxEpochs) => 1;
}
