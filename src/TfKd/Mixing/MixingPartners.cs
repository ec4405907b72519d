using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// With which row of the batch each row is mixed: a permutation, so that each row is the partner of exactly one, now and then of itself.
/// </summary>
internal static class MixingPartners
{
    /// <summary>Draws the number of each row's partner, [N] int64 on the images' device.</summary>
    public static Tensor Draw(Tensor images, Random random)
    {
        var order = new long[images.shape[0]];
        for (var row = 0; row < order.Length; row++)
            order[row] = row;
        random.Shuffle(order);
        return DeviceCopy.Of(order, images.device);
    }

    /// <summary>
    /// The targets of rows that are mixed with their partners. A mixture counts as its two rows do, each for its share: its weight is the
    /// mixture of the weights, and in its target each row has its share times its weight. The cross entropy is thus the mixture of the two
    /// rows' weighted cross entropies.
    /// </summary>
    /// <param name="targets">The targets of the batch.</param>
    /// <param name="partners">[N], int64.</param>
    /// <param name="share">The row's own share, from 0 to 1; its partner has the rest.</param>
    public static Targets Mix(Targets targets, Tensor partners, double share)
    {
        if (targets.RowWeights is not { } weights)
            return targets.Mixed(own => own * share + own.index_select(0, partners) * (1 - share), rowWeights: null);
        var ofOwn = weights * share;
        var mixed = ofOwn + weights.index_select(0, partners) * (1 - share);
        // Where neither row counts any target does, as long as it is a distribution.
        var isNothing = mixed.eq(0);
        var shares = where(isNothing, full_like(mixed, share), ofOwn / mixed.masked_fill(isNothing, 1)).unsqueeze(1);
        return targets.Mixed(Weighted, mixed);

        Tensor Weighted(Tensor own)
        {
            var ofType = shares.to(own.dtype);
            return own * ofType + own.index_select(0, partners) * (1 - ofType);
        }
    }
}
