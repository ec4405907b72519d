namespace TfKd;

/// <summary>
/// Raises the rate linearly from 0 at the start, step by step, then follows <see cref="Inner"/> (as if it had run from the beginning).
/// </summary>
/// <example><code>
/// var schedule = new WarmUpSchedule { Inner = new StepSchedule(), Epochs = 5 };
/// </code></example>
public sealed record WarmUpSchedule : LearningRateSchedule
{
    /// <summary>The schedule that is warmed up to. Default: <see cref="CosineSchedule"/>.</summary>
    public LearningRateSchedule Inner
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = new CosineSchedule();

    /// <summary>Length of the rise in epochs, above 0; fractions are allowed. Default 1, as in Yuan et al., CVPR 2020.</summary>
    public double Epochs { get; init => field = Require.Positive(value); } = 1;

    /// <inheritdoc/>
    public override double Factor(double epoch, int maxEpochs) => Math.Min(1, epoch / Epochs) * Inner.Factor(epoch, maxEpochs);
}
