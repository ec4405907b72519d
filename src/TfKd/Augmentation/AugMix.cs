using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Mixes each image with others that were made of it by chains of operations: m x + (1 - m) (w1 c1(x) + w2 c2(x) + ...), with m of
/// Beta(a, a) and the weights w of Dirichlet(a, ..., a).
/// </summary>
/// <remarks>
/// <para>Each chain has as many operations as <see cref="ChainDepth"/> says, each of them equally likely, by a strength that is one of the
/// first <see cref="Severity"/> of ten, in either direction where an operation has two. They are those of <see cref="TrivialAugment"/> but
/// for the one that does nothing, up to torchvision's limits: shear 0.3, translation by a third of the side, 30 degrees, factors 0.1 and
/// 1.9, posterization from 4 bits to none.</para>
/// <para>Hendrycks, Mu, Cubuk, Zoph, Gilmer and Lakshminarayanan, 'AugMix: A simple data processing method to improve robustness and
/// uncertainty', ICLR 2020. Their loss adds the divergence between the answers to an image and to two of its mixtures, which is no part of
/// an augmentation.</para>
/// </remarks>
/// <example><code>
/// IReadOnlyList&lt;Augmentation> augmentations = [new RandomCrop(), new HorizontalFlip(), new AugMix()];
/// </code></example>
public sealed record AugMix : Augmentation
{
    private const int Strengths = 10;
    private const int DeepestChain = 3;

    // Without the first, which does nothing; those of colour and sharpness last, to be left out.
    private static readonly TrivialOperation[] _operations =
    [
        TrivialOperation.ShearX, TrivialOperation.ShearY, TrivialOperation.TranslateX, TrivialOperation.TranslateY, TrivialOperation.Rotate,
        TrivialOperation.Posterize, TrivialOperation.Solarize, TrivialOperation.AutoContrast, TrivialOperation.Equalize,
        TrivialOperation.Brightness, TrivialOperation.Colour, TrivialOperation.Contrast, TrivialOperation.Sharpness,
    ];

    /// <summary>How many strengths may come, from 1 to 10. Default 3.</summary>
    public int Severity
    {
        get;
        init => field = value is >= 1 and <= Strengths
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Severity), value, $"Severity must be within [1, 10], but is {value}.");
    } = 3;

    /// <summary>Chains that are mixed, above 0. Default 3.</summary>
    public int MixtureWidth { get; init => field = Require.Positive(value); } = 3;

    /// <summary>Operations a chain, above 0. Default null: one, two or three, each as likely.</summary>
    public int? ChainDepth { get; init => field = value is { } depth ? Require.Positive(depth) : null; }

    /// <summary>The a of the distributions, above 0: the larger, the more alike are the parts. Default 1.</summary>
    public double Alpha { get; init => field = Require.Positive(value); } = 1;

    /// <summary>
    /// Whether brightness, colour, contrast and sharpness are among the operations. Default true, as in torchvision; the authors leave them
    /// out, since the corruptions that they test on have them.
    /// </summary>
    public bool AllOperations { get; init; } = true;

    /// <inheritdoc/>
    protected override Tensor ApplyCore(Tensor images, RowRandom random)
    {
        var original = PixelValues.Floating(images);
        var weights = DrawWeights(random);
        var mixture = original * PixelValues.PerRow(Array.ConvertAll(weights, row => row[0]), original);
        for (var chain = 0; chain < MixtureWidth; chain++)
        {
            var changed = Run(original, images, random);
            mixture = mixture + changed * PixelValues.PerRow(Array.ConvertAll(weights, row => row[chain + 1]), original);
        }

        return PixelValues.Restore(mixture, images);
    }

    // Of the image itself, and of each chain; they add up to 1.
    private double[][] DrawWeights(RowRandom random) => Array.ConvertAll(random.NextIntegers(int.MaxValue), seed =>
    {
        // A row's own generator: how many numbers a gamma variate takes is not known before.
        var generator = new Random((int)seed);
        var own = BetaDistribution.Draw(generator, Alpha);
        return (double[])[own, .. BetaDistribution.DrawDirichlet(generator, Alpha, MixtureWidth).Select(share => (1 - own) * share)];
    });

    private Tensor Run(Tensor original, Tensor images, RowRandom random)
    {
        var depths = ChainDepth is { } given
            ? Array.ConvertAll(random.NextIntegers(1), _ => given)
            : Array.ConvertAll(random.NextIntegers(DeepestChain), extra => 1 + (int)extra);
        var changed = original;
        for (var turn = 0; turn < (ChainDepth ?? DeepestChain); turn++)
        {
            var operations = random.NextIntegers(AllOperations ? _operations.Length : _operations.Length - 4);
            var (strengths, signs) = (random.NextIntegers(Severity), random.NextDoubles());
            StrengthChoice[] choices = [.. Enumerable.Range(0, depths.Length).Select(row => turn < depths[row]
                ? new StrengthChoice(_operations[operations[row]], strengths[row] / (Strengths - 1.0), signs[row] < 0.5 ? 1 : -1)
                : new StrengthChoice(TrivialOperation.Identity, 0, 1))];
            changed = PixelValues.Rounded(StrengthOperations.Change(changed, choices, OperationRanges.Mix), images);
        }

        return changed;
    }
}
