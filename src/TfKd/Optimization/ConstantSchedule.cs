namespace TfKd;

/// <summary>Leaves the learning rate as it is.</summary>
public sealed record ConstantSchedule : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double Factor(double epoch, int maxEpochs) => 1;
}
