using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Pearson's correlation of probabilities that may be as small as their logarithms can say.</summary>
internal static class Correlations
{
    /// <summary>
    /// 1 - r along a dimension, r being the correlation of exp(first) and exp(second); 1 where either does not vary beyond rounding.
    /// </summary>
    /// <param name="first">Logarithms, [N,K].</param>
    /// <param name="second">Logarithms, [N,K].</param>
    /// <param name="dimension">What is summed over: 0 or 1.</param>
    /// <param name="share">
    /// Shares of the elements along that dimension, whose sum is 1, of a shape that broadcasts; null where all have the same.
    /// </param>
    /// <returns>[N,1] or [1,K].</returns>
    public static Tensor Distance(Tensor first, Tensor second, long dimension, Tensor? share = null)
    {
        using var scope = NewDisposeScope();
        var (left, isLeftConstant) = Standardized(first, dimension, share);
        var (right, isRightConstant) = Standardized(second, dimension, share);
        // Half the mean squared difference of two standardised series is 1 - r, without the cancellation near r = 1.
        var distance = Mean((left - right).square(), dimension, share) / 2;
        return where(isLeftConstant.logical_or(isRightConstant), ones_like(distance), distance).MoveToOuterDisposeScope();
    }

    private static (Tensor Values, Tensor IsConstant) Standardized(Tensor logarithms, long dimension, Tensor? share)
    {
        var information = finfo(logarithms.dtype);
        var bounded = logarithms.clamp(min: information.min);
        // r does not change with the scale: the largest element becomes 1, so that squares of tiny probabilities do not vanish.
        var values = (bounded - bounded.detach().amax([dimension], keepdim: true)).exp();
        var centred = values - Mean(values, dimension, share);
        var variance = Mean(centred.square(), dimension, share);
        var resolution = 16 * information.eps;
        var isConstant = variance.le(resolution * resolution);
        return (centred / where(isConstant, ones_like(variance), variance).sqrt(), isConstant);
    }

    private static Tensor Mean(Tensor values, long dimension, Tensor? share) =>
        share is null ? values.mean([dimension], keepdim: true) : (values * share).sum(dimension, keepdim: true);
}
