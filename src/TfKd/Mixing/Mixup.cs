using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Lays each image of a batch over another one: l x + (1 - l) x', and the targets likewise, with one l a batch, from Beta(a, a).
/// </summary>
/// <remarks>
/// <para>The mixtures are floating point (float32 for bytes): nothing is rounded. Row weights count in the targets: a mixture's cross
/// entropy is l w H(q, p) + (1 - l) w' H(q', p).</para>
/// <para>Zhang, Cisse, Dauphin and Lopez-Paz, 'mixup: Beyond Empirical Risk Minimization', ICLR 2018, who take a = 0.2 for ImageNet and 1
/// for CIFAR, and one l a batch with a permutation of it, as here.</para>
/// </remarks>
/// <example><code>
/// var mixing = new Mixup { Alpha = 0.2 };
/// </code></example>
public sealed record Mixup : Mixing
{
    /// <summary>
    /// The parameter a of the beta distribution, above 0: near 0 hardly anything is mixed, at 1 every share is equally likely. Default 0.2.
    /// </summary>
    public double Alpha { get; init => field = Require.Positive(value); } = 0.2;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The images are no batch of bytes or floating point numbers.</exception>
    protected override MixedBatch ApplyCore(Tensor images, Targets targets, Random random)
    {
        var partners = MixingPartners.Draw(images, random);
        var share = BetaDistribution.Draw(random, Alpha);
        return new MixedBatch(Overlay(images, partners, share), MixingPartners.Mix(targets, partners, share));
    }

    private static Tensor Overlay(Tensor images, Tensor partners, double share)
    {
        var floating = images.is_floating_point() ? images : images.to(ScalarType.Float32);
        return floating * share + floating.index_select(0, partners) * (1 - share);
    }
}
