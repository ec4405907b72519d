using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// One level of <see cref="KnowledgeReview"/>: fuses a stage of the student with what the level above it has made of the deeper ones, and
/// maps the result to the teacher's channels. Products of matrices and no convolutions: of those, only the network's own are checked for
/// right values.
/// </summary>
internal sealed class ReviewFusion : nn.Module
{
    private const int Kernel = 3;

    // The fields' names are the keys of checkpoints.
    private readonly Linear reduce;
    private readonly BatchStandardization reduceNorm;
    private readonly Linear? attention;
    private readonly Linear expand;
    private readonly BatchStandardization expandNorm;

    /// <param name="inputs">Channels of the student's stage.</param>
    /// <param name="width">Channels of what levels hand on.</param>
    /// <param name="outputs">Channels of the teacher's stage.</param>
    /// <param name="fuses">Whether there is a level above.</param>
    public ReviewFusion(int inputs, int width, int outputs, bool fuses) : base(nameof(ReviewFusion))
    {
        reduce = nn.Linear(inputs, width, hasBias: false);
        reduceNorm = new BatchStandardization(width);
        attention = fuses ? nn.Linear(2 * width, 2) : null;
        expand = nn.Linear(width * Kernel * Kernel, outputs, hasBias: false);
        expandNorm = new BatchStandardization(outputs);
        RegisterComponents();
        nn.init.kaiming_uniform_(reduce.weight, 1);
        nn.init.kaiming_uniform_(expand.weight, 1);
    }

    /// <summary>Computes the level.</summary>
    /// <param name="feature">The student's stage, [N,C,H,W].</param>
    /// <param name="above">What the level above has handed on; null for the first.</param>
    /// <param name="size">Height and width of the teacher's stage.</param>
    /// <param name="rowWeights">[N], or null.</param>
    /// <returns>What is compared with the teacher's stage, and what is handed on.</returns>
    public (Tensor Compared, Tensor HandedOn) Fuse(Tensor feature, Tensor? above, (long Height, long Width) size, Tensor? rowWeights)
    {
        var fused = Map(reduce, reduceNorm, FeatureStages.ChannelsLast(feature), rowWeights, (feature.shape[2], feature.shape[3]));
        if (attention is not null && above is not null)
        {
            var resized = Resize(above, (feature.shape[2], feature.shape[3]));
            var both = FeatureStages.ChannelsLast(cat([fused, resized], 1));
            var shares = ToMap(attention.call(both).sigmoid(), (feature.shape[2], feature.shape[3]));
            fused = fused * shares.narrow(1, 0, 1) + resized * shares.narrow(1, 1, 1);
        }

        var handedOn = Resize(fused, size);
        var patches = nn.functional.unfold(handedOn, Kernel, padding: Kernel / 2).transpose(1, 2);
        return (Map(expand, expandNorm, patches, rowWeights, size), handedOn);
    }

    private static Tensor Map(
        Linear linear, BatchStandardization norm, Tensor positions, Tensor? rowWeights, (long Height, long Width) size) =>
        ToMap(norm.Of(linear.call(positions), rowWeights), size);

    private static Tensor ToMap(Tensor positions, (long Height, long Width) size) =>
        positions.transpose(1, 2).reshape(positions.shape[0], -1, size.Height, size.Width);

    private static Tensor Resize(Tensor map, (long Height, long Width) size) =>
        map.shape[2] == size.Height && map.shape[3] == size.Width
            ? map
            : nn.functional.interpolate(map, [size.Height, size.Width], mode: InterpolationMode.Nearest);
}
