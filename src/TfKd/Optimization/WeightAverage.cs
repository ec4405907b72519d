namespace TfKd;

/// <summary>
/// An exponential moving average of the weights over the steps of a run, which is what is validated and what the run ends with, while the
/// weights themselves go on learning as they would without it. After step t the average keeps min(d, 1 - 1 / t) of itself: it is the plain
/// mean of the steps so far until these are 1 / (1 - d). The running statistics of batch normalisation are averaged as the weights are.
/// </summary>
/// <remarks>
/// Polyak and Juditsky, 'Acceleration of stochastic approximation by averaging', 1992; as a moving average in Tarvainen and Valpola,
/// 'Mean teachers are better role models', NIPS 2017. A schedule that ends at 0 averages by itself: the gain is larger where the rate stays
/// high. <see cref="MovingAverageTeacher"/> has the same average teach.
/// </remarks>
/// <example><code>
/// var average = new WeightAverage { Decay = 0.999 };
/// </code></example>
public sealed record WeightAverage
{
    /// <summary>
    /// Fraction d of the average that is kept at each step, at least 0 and below 1. Default 0.99, an average over some hundred steps; long
    /// runs take 0.999 or more.
    /// </summary>
    public double Decay { get; init => field = Require.FractionBelowOne(value); } = 0.99;
}
