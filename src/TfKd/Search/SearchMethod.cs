namespace TfKd;

/// <summary>How a search spends its time on trials: <see cref="RandomSearch"/> or <see cref="SuccessiveHalving"/>.</summary>
public abstract record SearchMethod
{
    private protected SearchMethod()
    {
    }

    /// <summary>How often the trials are compared; after the last time nothing is left to train.</summary>
    internal abstract int RungCount { get; }

    /// <summary>Of how many trials one goes on at each comparison.</summary>
    internal abstract int Factor { get; }

    /// <summary>Whether what a search does with one trial depends on how many there are.</summary>
    internal bool DependsOnTrials => RungCount > 1;

    /// <summary>How many epochs a trial has at the end of a rung.</summary>
    /// <param name="rung">The rung, from 0.</param>
    /// <param name="maxEpochs">The epochs of the trial's plan.</param>
    internal int EpochsAt(int rung, int maxEpochs) =>
        Math.Max(1, (int)Math.Ceiling(maxEpochs / Math.Pow(Factor, RungCount - 1 - rung)));

    /// <summary>How many of some trials go on.</summary>
    internal int KeptOf(int trials) => Math.Max(1, trials / Factor);
}
