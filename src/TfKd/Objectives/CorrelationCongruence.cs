using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Asks that the samples of a batch are correlated as they are for the teacher: differences of a kernel of their embeddings. The bare term.
/// </summary>
/// <remarks>
/// <para>With the mean over positions of a stage, as a vector of length 1, as the embedding f of a sample: the mean over all N^2 pairs of
/// the squared difference of both networks' k(f_i, f_j), where k is the Gaussian kernel exp(-gamma |f_i - f_j|^2) by its Taylor series,
/// the sum over p from 0 to <see cref="Order"/> of exp(-2 gamma) (2 gamma)^p / p! (f_i f_j)^p. It depends on neither channels, height nor
/// width, which may differ, and nothing is trained. With row weights, each pair counts with the product of its rows' weights.</para>
/// <para>Peng, Jin, Liu, Zhou, Wu, Liu, Li and Zhang, 'Correlation Congruence for Knowledge Distillation', ICCV 2019. What some collections
/// of methods call by this name, products of differences of neighbouring samples of a batch, is not in the paper and not here.</para>
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy() + 100 * new CorrelationCongruence();
/// </code></example>
public sealed record CorrelationCongruence : StagePairObjective
{
    /// <summary>The kernel's gamma, above 0; default 0.4, the authors'.</summary>
    public double Gamma { get; init => field = Require.Positive(value); } = 0.4;

    /// <summary>The highest power of the series, 1 or above; default 2, the authors'.</summary>
    public int Order { get; init => field = Require.Positive(value); } = 2;

    /// <inheritdoc/>
    protected override bool RelatesSamples => true;

    /// <inheritdoc/>
    protected override Tensor Compare(Tensor student, Tensor teacher, ObjectiveInput input) =>
        MeanOverPairs((Kernel(student) - Kernel(teacher)).square(), input, "correlation_congruence");

    private Tensor Kernel(Tensor feature)
    {
        var embeddings = UnitEmbeddings(feature);
        var products = embeddings.mm(embeddings.t());
        // By Horner's rule, from the highest power down.
        var sum = ones_like(products);
        for (var power = Order; power > 0; power--)
            sum = 1 + 2 * Gamma / power * products * sum;
        return Math.Exp(-2 * Gamma) * sum;
    }
}
