namespace TfKd;

/// <summary>
/// The learning rate over a run as a pure function of progress, so that a resumed run continues where it was. Deriving a record brings a
/// schedule of your own.
/// </summary>
public abstract record LearningRateSchedule
{
    /// <summary>The factor on the optimiser's learning rate.</summary>
    /// <param name="epoch">Epochs done, with the fraction of the current one: 2.5 is the middle of the third.</param>
    /// <param name="maxEpochs">Epochs planned, above 0.</param>
    public abstract double Factor(double epoch, int maxEpochs);

    /// <summary>From one number to another along half a cosine.</summary>
    /// <param name="start">The first.</param>
    /// <param name="end">The last.</param>
    /// <param name="part">How much of the way is gone, from 0 to 1.</param>
    internal static double HalfCosine(double start, double end, double part) => end + (start - end) * (1 + Math.Cos(Math.PI * part)) / 2;
}
