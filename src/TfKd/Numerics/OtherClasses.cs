using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Parts a row of logits into the row's class and the others, as the objectives do that treat the two apart.</summary>
internal static class OtherClasses
{
    /// <summary>The logits without the one of the row's class, in the order of the classes.</summary>
    /// <param name="logits">[N,K].</param>
    /// <param name="labels">[N], int64.</param>
    /// <returns>[N,K-1].</returns>
    public static Tensor Of(Tensor logits, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var position = arange(logits.shape[1] - 1, ScalarType.Int64, logits.device).unsqueeze(0);
        var index = position + position.ge(labels.unsqueeze(1)).to(ScalarType.Int64);
        return logits.gather(1, index).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Logarithms of the softened probabilities among the other classes. Where all of them are minus infinity they are taken as equal,
    /// which is what they are before the last of a growing gap to the row's class: a teacher of probabilities 1 and 0 says the same as one
    /// of logits 0 and -10000.
    /// </summary>
    /// <param name="others">[N,K-1], as <see cref="Of"/> returns them.</param>
    /// <param name="temperature">Above 0.</param>
    /// <returns>[N,K-1].</returns>
    public static Tensor LogSoftmax(Tensor others, double temperature)
    {
        using var scope = NewDisposeScope();
        var lowest = finfo(others.dtype).min;
        return Divergences.LogSoftmax((others / temperature).clamp(min: lowest)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Logarithms of the softened probabilities of the row's class and of all others together; neither is a difference from 1, which is 0
    /// too soon.
    /// </summary>
    /// <param name="logits">[N,K].</param>
    /// <param name="labels">[N], int64.</param>
    /// <param name="others">[N,K-1], as <see cref="Of"/> returns them.</param>
    /// <param name="temperature">Above 0.</param>
    /// <returns>[N,2].</returns>
    public static Tensor LogSoftmaxOfTwo(Tensor logits, Tensor labels, Tensor others, double temperature)
    {
        using var scope = NewDisposeScope();
        var own = logits.gather(1, labels.unsqueeze(1)) / temperature;
        var rest = (others / temperature).logsumexp(1, keepdim: true);
        return Divergences.LogSoftmax(cat([own, rest], 1)).MoveToOuterDisposeScope();
    }
}
