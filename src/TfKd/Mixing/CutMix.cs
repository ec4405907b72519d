using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Replaces a box of each image of a batch by the same box of another one; the targets are mixed by the share of the pixels. One box a
/// batch.
/// </summary>
/// <remarks>
/// <para>With l from Beta(a, a) the box has sqrt(1 - l) of the image's width and of its height, and its centre is anywhere in the image;
/// what is beyond the border is cut off, and l becomes exactly the share of the pixels that stay. The images keep their type. Row weights
/// count in the targets: a mixture's cross entropy is l w H(q, p) + (1 - l) w' H(q', p).</para>
/// <para>Yun, Han, Oh, Chun, Choe and Yoo, 'CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features', ICCV
/// 2019, whose code mixes every batch for ImageNet and half of them for CIFAR, with a = 1.</para>
/// </remarks>
/// <example><code>
/// var mixing = new CutMix { Probability = 0.5 };
/// </code></example>
public sealed record CutMix : Mixing
{
    /// <summary>
    /// The parameter a of the beta distribution, above 0; default 1: every share is equally likely before the border cuts.
    /// </summary>
    public double Alpha { get; init => field = Require.Positive(value); } = 1;

    /// <summary>Probability that a batch is mixed at all, within [0, 1]; default 1.</summary>
    public double Probability { get; init => field = Require.Fraction(value); } = 1;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The images are no batch of bytes or floating point numbers.</exception>
    protected override MixedBatch ApplyCore(Tensor images, Targets targets, Random random)
    {
        var partners = MixingPartners.Draw(images, random);
        if (random.NextDouble() >= Probability)
            return new MixedBatch(images, targets);
        var (height, width) = ((int)images.shape[2], (int)images.shape[3]);
        var side = Math.Sqrt(1 - BetaDistribution.Draw(random, Alpha));
        var (top, bottom) = Range(height, (int)(height * side), random);
        var (left, right) = Range(width, (int)(width * side), random);
        var share = 1 - (double)(bottom - top) * (right - left) / ((double)height * width);
        return new MixedBatch(Replace(images, partners, top, bottom, left, right), MixingPartners.Mix(targets, partners, share));
    }

    private static Tensor Replace(Tensor images, Tensor partners, int top, int bottom, int left, int right)
    {
        var mixed = images.clone();
        Box(mixed).copy_(Box(images).index_select(0, partners));
        return mixed;

        Tensor Box(Tensor whole) => whole.narrow(2, top, bottom - top).narrow(3, left, right - left);
    }

    /// <summary>The part of a side that is within the image.</summary>
    private static (int First, int End) Range(int count, int length, Random random)
    {
        var centre = random.Next(count);
        return (Math.Clamp(centre - length / 2, 0, count), Math.Clamp(centre + length / 2, 0, count));
    }
}
