namespace TfKd;

/// <summary>
/// Trains all trials for few epochs, goes on with the best of them for more, and so on: of 27 trials with 9 epochs each, at a
/// <see cref="Reduction"/> of 3 and 3 <see cref="Rungs"/>, all have 1 epoch, 9 have 3, and 3 have 9.
/// </summary>
/// <remarks>
/// Jamieson and Talwalkar, 'Non-stochastic best arm identification and hyperparameter optimization', AISTATS 2016, as a bracket of Li,
/// Jamieson, DeSalvo, Rostamizadeh and Talwalkar, 'Hyperband', JMLR 18, 2018. A trial is not begun again but paused and gone on with, from
/// its checkpoint: all see the learning rates of a run of their plan's full length, and the winner ends with the weights of a run that was
/// never paused.
/// </remarks>
/// <example><code>
/// var settings = new SearchSettings { Method = new SuccessiveHalving { Rungs = 4 }, MaxTrials = 27 };
/// </code></example>
public sealed record SuccessiveHalving : SearchMethod
{
    /// <summary>Of how many trials one goes on, for as many times the epochs; 2 or above. Default 3, as in Hyperband.</summary>
    public int Reduction
    {
        get;
        init => field = value >= 2
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Reduction), value, $"Reduction must be 2 or above, but is {value}.");
    } = 3;

    /// <summary>How many lengths of training there are, the whole one among them, above 0. Default 3.</summary>
    public int Rungs { get; init => field = Require.Positive(value); } = 3;

    internal override int RungCount => Rungs;

    internal override int Factor => Reduction;
}
