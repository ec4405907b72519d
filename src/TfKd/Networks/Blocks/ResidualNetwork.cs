using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>What of a network's stages the head sees.</summary>
/// <param name="Stages">How many stages, from the last one back.</param>
/// <param name="AreNormalized">Whether the means of each go through a <see cref="RootNormalize"/>.</param>
internal readonly record struct FeaturePooling(int Stages, bool AreNormalized)
{
    /// <summary>The means of the last stage, as they are.</summary>
    public static FeaturePooling LastStage { get; } = new(1, AreNormalized: false);
}

/// <summary>Stem, two to four stages of residual blocks, mean over positions, linear classifier: every ResNet of the library.</summary>
internal sealed class ResidualNetwork : nn.Module<Tensor, Tensor>, IFeatureBody, IBackboneParts
{
    // The fields' names are the keys of weight files.
    private readonly Conv2d conv1;
    private readonly BatchNorm2d bn1;
    private readonly ReLU relu;
    private readonly MaxPool2d? maxpool;
    private readonly Sequential layer1;
    private readonly Sequential layer2;
    private readonly Sequential? layer3;
    private readonly Sequential? layer4;
    private readonly AdaptiveAvgPool2d avgpool;
    private readonly Flatten flatten;
    private readonly RootNormalize? normalize;
    private readonly Concat? concat;
    private readonly Linear fc;
    private readonly Sequential[] _stages;
    private readonly int _pooledStages;

    /// <summary>Builds the network; every stage but the first halves the resolution.</summary>
    /// <param name="stem">The first convolution.</param>
    /// <param name="stemPool">The pooling behind it; null for none.</param>
    /// <param name="block">Makes one block.</param>
    /// <param name="stages">Width and number of blocks of each stage; two to four.</param>
    /// <param name="classCount">Number of classes K.</param>
    /// <param name="pooling">What of the stages the classifier sees; null: the means of the last.</param>
    public ResidualNetwork(
        Conv2d stem,
        MaxPool2d? stemPool,
        ResidualBlockFactory block,
        IReadOnlyList<(int Width, int Blocks)> stages,
        int classCount,
        FeaturePooling? pooling = null)
        : base(nameof(ResidualNetwork))
    {
        var (channels, widths) = (stem.out_channels, new List<long>());
        conv1 = stem;
        bn1 = nn.BatchNorm2d(channels);
        relu = nn.ReLU(inplace: true);
        maxpool = stemPool;
        layer1 = Stage(0);
        layer2 = Stage(1);
        layer3 = stages.Count > 2 ? Stage(2) : null;
        layer4 = stages.Count > 3 ? Stage(3) : null;
        _stages = [.. new[] { layer1, layer2, layer3, layer4 }.OfType<Sequential>()];
        avgpool = nn.AdaptiveAvgPool2d(1);
        flatten = nn.Flatten();
        (_pooledStages, var areNormalized) = pooling ?? FeaturePooling.LastStage;
        normalize = areNormalized ? new RootNormalize() : null;
        concat = _pooledStages > 1 ? new Concat() : null;
        fc = nn.Linear(widths.TakeLast(_pooledStages).Sum(), classCount);
        RegisterComponents();
        KaimingInitialization.Apply(this);

        Sequential Stage(int index)
        {
            var stage = Blocks(block, channels, stages[index], stride: index > 0 ? 2 : 1);
            widths.Add(channels = stage[^1].OutChannels);
            return nn.Sequential(stage);
        }
    }

    public IReadOnlyList<(string Name, nn.Module<Tensor, Tensor> Part)>? Backbone => concat is not null
        ? null
        : [.. named_children().SkipLast(1).Select(child => (child.name, (nn.Module<Tensor, Tensor>)child.module))];

    public override Tensor forward(Tensor images)
    {
        using var features = Extract(images);
        return Classify(features);
    }

    public Tensor Extract(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = relu.call(bn1.call(conv1.call(images)));
        if (maxpool is not null)
            x = maxpool.call(x);
        var means = new List<Tensor>();
        for (var i = 0; i < _stages.Length; i++)
        {
            x = _stages[i].call(x);
            if (i >= _stages.Length - _pooledStages)
                means.Add(Mean(x));
        }

        return (concat is null ? means[0] : concat.call([.. means])).MoveToOuterDisposeScope();

        Tensor Mean(Tensor map)
        {
            var mean = flatten.call(avgpool.call(map));
            return normalize is null ? mean : normalize.call(mean);
        }
    }

    public Tensor Classify(Tensor features) => fc.call(features);

    private static ResidualBlock[] Blocks(ResidualBlockFactory block, long channels, (int Width, int Blocks) stage, int stride)
    {
        var made = new ResidualBlock[stage.Blocks];
        for (var i = 0; i < made.Length; i++)
        {
            made[i] = block(channels, stage.Width, i == 0 ? stride : 1);
            channels = made[i].OutChannels;
        }

        return made;
    }
}
