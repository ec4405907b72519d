using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The distances between distributions that objectives are made of, in log space, one value a row and not reduced any further. By hand,
/// because the defaults of <c>kl_div</c> in TorchSharp and in PyTorch differ and neither says so.
/// </summary>
public static class Divergences
{
    // Below it float32 loses less than 0.01 %, and results stay what they were.
    private const double WideFrom = 100;

    /// <summary>Logarithms of the softened probabilities: log softmax(logits / temperature).</summary>
    /// <param name="logits">[N,K].</param>
    /// <param name="temperature">Above 0; 1 leaves the probabilities as they are, more makes them more alike.</param>
    /// <returns>[N,K].</returns>
    public static Tensor LogSoftmax(Tensor logits, double temperature = 1)
    {
        if (temperature == 1)
            return nn.functional.log_softmax(logits, 1);
        using var softened = logits / temperature;
        return nn.functional.log_softmax(softened, 1);
    }

    /// <summary>KL(p||q) = sum over classes of p (log p - log q), where 0 log 0 = 0.</summary>
    /// <param name="logTarget">log p, [N,K]; minus infinity where p is 0.</param>
    /// <param name="logProbabilities">log q, [N,K], finite where p is not 0.</param>
    /// <returns>[N], differentiable in log q; log p is taken as a constant.</returns>
    /// <example><code>
    /// using var divergence = Divergences.Kl(Divergences.LogSoftmax(teacherLogits, 4), Divergences.LogSoftmax(logits, 4));
    /// </code></example>
    public static Tensor Kl(Tensor logTarget, Tensor logProbabilities)
    {
        ArgumentNullException.ThrowIfNull(logTarget);
        using var scope = NewDisposeScope();
        var constant = logTarget.detach();
        var target = constant.exp();
        return OfProbable(target, target * (constant - logProbabilities)).sum(1).MoveToOuterDisposeScope();
    }

    // Where p is 0 its logarithm is minus infinity, which makes a NaN of the product, and no gradient.
    private static Tensor OfProbable(Tensor target, Tensor terms) => where(target.eq(0), zeros_like(terms), terms);

    /// <summary>
    /// Each logit z beside a 0, whose softmax is sigmoid(z) and 1 - sigmoid(z): a yes and a no of each class, as distributions of two
    /// classes.
    /// </summary>
    /// <param name="logits">[N,K].</param>
    /// <returns>[N*K,2].</returns>
    internal static Tensor YesAndNo(Tensor logits)
    {
        using var scope = NewDisposeScope();
        return stack([logits, zeros_like(logits)], 2).flatten(0, 1).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// KL of the teacher's from the student's softmax at a temperature, with its digits at any: softened far enough, the two differ by less
    /// than float32 tells apart, while what multiplies their divergence, T^2, is as large as that is small.
    /// </summary>
    /// <param name="teacherLogits">[N,K].</param>
    /// <param name="studentLogits">[N,K].</param>
    /// <param name="temperature">T, above 0.</param>
    /// <returns>[N], of the student's type, differentiable in its logits.</returns>
    internal static Tensor SoftenedKl(Tensor teacherLogits, Tensor studentLogits, double temperature)
    {
        using var scope = NewDisposeScope();
        var (teacher, student) = (ForTemperature(teacherLogits, temperature), ForTemperature(studentLogits, temperature));
        return Kl(LogSoftmax(teacher, temperature), LogSoftmax(student, temperature), temperature).to(studentLogits.dtype)
            .MoveToOuterDisposeScope();
    }

    /// <summary>Logits in the type that their softmax at a temperature needs for <see cref="Kl(Tensor, Tensor, double)"/>.</summary>
    internal static Tensor ForTemperature(Tensor logits, double temperature) =>
        temperature < WideFrom ? logits : logits.to(ScalarType.Float64);

    /// <summary>KL of distributions whose logits were <see cref="ForTemperature"/> and divided by it.</summary>
    internal static Tensor Kl(Tensor logTarget, Tensor logProbabilities, double temperature)
    {
        if (temperature < WideFrom)
            return Kl(logTarget, logProbabilities);
        using var scope = NewDisposeScope();
        // As p and q sum to 1, KL is the sum of p (r + exp(-r) - 1) with r = log p - log q, where nothing large cancels for small r.
        var constant = logTarget.detach();
        var (target, probabilities) = (constant.exp(), logProbabilities.exp());
        var difference = constant.clamp(min: finfo(constant.dtype).min) - logProbabilities;
        var small = difference.clamp(-1, 1);
        var near = target * (small + (-small).expm1());
        var far = OfProbable(target, target * difference) + (probabilities - target);
        return where(difference.detach().abs().lt(0.5), near, far).sum(1).MoveToOuterDisposeScope();
    }

    /// <summary>Cross entropy H(p, q) = -sum over classes of p log q.</summary>
    /// <param name="target">p, [N,K].</param>
    /// <param name="logProbabilities">log q, [N,K].</param>
    /// <returns>[N].</returns>
    public static Tensor CrossEntropy(Tensor target, Tensor logProbabilities)
    {
        using var scope = NewDisposeScope();
        return (target * logProbabilities).sum(1).neg().MoveToOuterDisposeScope();
    }

    /// <summary>Cross entropy where p is 1 at the label: -log q of that class.</summary>
    /// <param name="labels">[N], int64, each an index of a class; any other number is an error.</param>
    /// <param name="logProbabilities">log q, [N,K].</param>
    /// <returns>[N].</returns>
    public static Tensor NegativeLogLikelihood(Tensor labels, Tensor logProbabilities)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(logProbabilities);
        using var scope = NewDisposeScope();
        return logProbabilities.gather(1, labels.unsqueeze(1)).squeeze(1).neg().MoveToOuterDisposeScope();
    }
}
