using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Brings each vector of non-negative features to a sum of 1 and takes the square root, which gives it a length of 1: distances between
/// such vectors compare shares, and no single strong feature decides (Arandjelovic and Zisserman, 'Three things everyone should know to
/// improve object retrieval', CVPR 2012, section 2). Negative features count as 0.
/// </summary>
public sealed class RootNormalize() : nn.Module<Tensor, Tensor>(nameof(RootNormalize))
{
    // Added to each feature, so that the slope of a root is finite where the feature is 0.
    internal const double Epsilon = 1e-4;

    /// <inheritdoc/>
    /// <param name="features">[N,D].</param>
    public override Tensor forward(Tensor features)
    {
        using var scope = NewDisposeScope();
        // Sums and roots of bfloat16 have three digits.
        using var positive = (Autocast.Narrowed(features) ? features.to(ScalarType.Float32) : features).relu() + Epsilon;
        return (positive / positive.sum(1, keepdim: true)).sqrt().MoveToOuterDisposeScope();
    }
}
