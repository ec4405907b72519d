using TfKd;

namespace TfKd.MLNet;

/// <summary>
/// Options for a few dozen to a few hundred photos a class, to be read, printed and changed: <c>PhotoRecipe.Frozen() with { ... }</c>.
/// </summary>
/// <remarks>
/// They start from weights of ImageNet, which a package brings: reference <c>Microsoft.ML.DnnImageFeaturizer.ResNet18</c>. The range of
/// strengths that <see cref="Frozen"/> chooses from, and stages, rate and statistics of <see cref="FineTuned"/>, were chosen on images of
/// CIFAR-100, not on those that the guide to transfer learning gives figures of.
/// </remarks>
public static partial class PhotoRecipe
{
    private const int PooledStages = 3;

    // What fine-tuning may see: enough passes for a hundred photos, few for thousands.
    private const int FineTunedImages = 1200;
    private const int FewestEpochs = 3;
    private const int MostEpochs = 12;

    /// <summary>
    /// The network stays as it is, and a linear classifier of its features is fitted to convergence, with the strength of its
    /// regularisation chosen by cross-validation on the training rows: <see cref="LinearProbe"/>. Seconds for a few hundred photos.
    /// </summary>
    /// <param name="weights">What the network starts from. Default null: <see cref="Pretrained.ResNet18"/>.</param>
    /// <exception cref="ArgumentException">The weights do not say of which network they are.</exception>
    /// <example><code>
    /// var options = PhotoRecipe.Frozen() with { MetricsCallback = Console.WriteLine };
    /// </code></example>
    public static TorchImageClassificationTrainer.Options Frozen(InitialWeights? weights = null)
    {
        weights ??= Pretrained.ResNet18;
        var network = NetworkOf(weights);
        return new()
        {
            // One linear classifier of shares and not of strengths, of several stages: chosen on sets of images of CIFAR-100.
            Network = network is ResNet resNet
                ? resNet with { NormalizedFeatures = true, PooledStages = Math.Min(PooledStages, network.GetStages().Count) }
                : network,
            InitialWeights = weights,
            FrozenStages = network.GetStages().Count,
            LinearProbe = new LinearProbe(),
            MaxEpochs = 1,
            Augmentations = [],
            // All rows are worth more than a choice between epochs, of which there is one.
            ValidationSetFraction = null,
        };
    }

    /// <summary>
    /// As <see cref="Frozen"/>, and then the last stage is fine-tuned together with the fitted head, at a low rate, with the batch norms'
    /// statistics as they are, and on crops that change from epoch to epoch, for as many epochs as the number of photos asks for. The run
    /// says after its first steps how long it takes.
    /// </summary>
    /// <param name="photoCount">How many photos there are to train on, above 0.</param>
    /// <param name="weights">What the network starts from. Default null: <see cref="Pretrained.ResNet18"/>.</param>
    /// <exception cref="ArgumentException">The weights do not say of which network they are.</exception>
    /// <example><code>
    /// var options = PhotoRecipe.FineTuned(photoCount: 200) with { CheckpointDirectory = "checkpoints" };
    /// </code></example>
    public static TorchImageClassificationTrainer.Options FineTuned(int photoCount, InitialWeights? weights = null)
    {
        Require.Positive(photoCount);
        return Frozen(weights) with
        {
            // Its settings were chosen with the features as they are.
            Network = NetworkOf(weights ?? Pretrained.ResNet18),
            FrozenStages = 3,
            FreezeBatchNormStatistics = true,
            MaxEpochs = 1 + Math.Clamp((FineTunedImages + photoCount - 1) / photoCount, FewestEpochs, MostEpochs),
            Optimizer = new AdamW { LearningRate = 0.00003, WeightDecay = 0.05 },
            // The first epoch fits the head; the rate then falls from the start.
            Schedule = new CosineSchedule(),
            Augmentations = [new RandomResizedCrop { MinArea = 0.4 }, new HorizontalFlip()],
        };
    }

    private static NetworkArchitecture NetworkOf(InitialWeights weights) => weights.GetArchitecture()
        ?? throw new ArgumentException($"{weights} does not say of which network it is; set the options by hand.", nameof(weights));
}
