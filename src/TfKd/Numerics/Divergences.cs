using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The distances between distributions that objectives are made of, in log space, one value a row and not reduced any further. By hand,
/// because the defaults of <c>kl_div</c> in TorchSharp and in PyTorch differ and neither says so.
/// </summary>
public static class Divergences
{
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
    public static Tensor Kl(Tensor logTarget, Tensor logProbabilities)
    {
        ArgumentNullException.ThrowIfNull(logTarget);
        using var scope = NewDisposeScope();
        var constant = logTarget.detach();
        var target = constant.exp();
        // A finite stand-in for log 0: its product with p = 0 is 0, where that of minus infinity would be NaN.
        var difference = constant.clamp(min: finfo(constant.dtype).min) - logProbabilities;
        return (target * difference).sum(1).MoveToOuterDisposeScope();
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
