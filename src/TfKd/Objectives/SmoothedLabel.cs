namespace TfKd;

/// <summary>
/// A cross entropy with a label that is mixed with the uniform distribution: (w - u) H(q, p) + u H(1/K, p), whatever constant is added. Its
/// gradient is w times that of <see cref="LabelSmoothing"/> by u / w.
/// </summary>
/// <param name="Total">w, the sum of both weights.</param>
/// <param name="Uniform">u, the weight of the uniform distribution.</param>
internal readonly record struct SmoothedLabel(double Total, double Uniform)
{
    // Of sums that would be 0 or 1 but for rounding.
    private const double Rounding = 1e-12;

    /// <summary>The strength u / w; null where it is no strength from 0 to 1, or the factor w is not above 0.</summary>
    public double? Smoothing => Total > 0 && Uniform / Total is >= -Rounding and <= 1 + Rounding ? Math.Clamp(Uniform / Total, 0, 1) : null;

    public static SmoothedLabel operator *(double weight, SmoothedLabel label) => new(weight * label.Total, weight * label.Uniform);

    public static SmoothedLabel operator +(SmoothedLabel left, SmoothedLabel right) =>
        new(left.Total + right.Total, left.Uniform + right.Uniform);
}
