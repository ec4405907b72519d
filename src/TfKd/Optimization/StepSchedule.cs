namespace TfKd;

/// <summary>
/// Multiplies the learning rate by <see cref="Gamma"/> at each milestone. The defaults are those of Yuan et al., CVPR 2020, for 200 epochs.
/// </summary>
/// <example><code>
/// var schedule = new StepSchedule { Milestones = [60, 120, 160], Gamma = 0.2 };
/// </code></example>
public sealed record StepSchedule : LearningRateSchedule
{
    /// <summary>Epochs at whose beginning the rate falls, ascending. Default 60, 120, 160.</summary>
    public IReadOnlyList<int> Milestones
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            for (var i = 0; i < value.Count; i++)
            {
                if (value[i] <= (i == 0 ? 0 : value[i - 1]))
                    throw new ArgumentException(
                        $"Milestones must be above 0 and ascending, but are [{string.Join(", ", value)}].", nameof(Milestones));
            }

            field = new ValueList<int>(value);
        }
    } = new ValueList<int>([60, 120, 160]);

    /// <summary>The factor of each step, above 0. Default 0.2.</summary>
    public double Gamma { get; init => field = Require.Positive(value); } = 0.2;

    /// <summary>The factor of the step that ends at a point of the run: at a milestone itself it is that of the epochs before.</summary>
    /// <inheritdoc/>
    public override double Factor(double epoch, int maxEpochs) => Math.Pow(Gamma, Milestones.Count(milestone => epoch > milestone));
}
