namespace TfKd;

/// <summary>
/// Begins <see cref="Inner"/> anew after every <see cref="Epochs"/> epochs. With a <see cref="CosineSchedule"/>: the warm restarts of
/// Loshchilov and Hutter, 'SGDR: Stochastic Gradient Descent with Warm Restarts', ICLR 2017, of equal periods.
/// </summary>
/// <example><code>
/// var restarts = new RepeatedSchedule { Inner = new CosineSchedule(), Epochs = 10 };
/// </code></example>
public sealed record RepeatedSchedule : LearningRateSchedule
{
    /// <summary>What is repeated; it takes <see cref="Epochs"/> for the length of the run. Default: <see cref="CosineSchedule"/>.</summary>
    public LearningRateSchedule Inner { get; init => field = Require.NotNull(value); } = new CosineSchedule();

    /// <summary>Length of one pass, above 0. Default 200.</summary>
    public int Epochs { get; init => field = Require.Positive(value); } = 200;

    /// <inheritdoc/>
    public override double Factor(double epoch, int maxEpochs)
    {
        // A step has the rate of its end: where two passes meet is the end of the first.
        var finished = Math.Max(0, Math.Ceiling(epoch / Epochs) - 1);
        return Inner.Factor(epoch - finished * Epochs, Epochs);
    }
}
