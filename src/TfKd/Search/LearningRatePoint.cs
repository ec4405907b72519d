namespace TfKd;

/// <summary>A step of a <see cref="LearningRateFinder"/>.</summary>
/// <param name="Rate">Its learning rate.</param>
/// <param name="Loss">The objective before the weights changed.</param>
/// <param name="Smoothed">The running mean of the losses so far.</param>
public readonly record struct LearningRatePoint(double Rate, double Loss, double Smoothed);
