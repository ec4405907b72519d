using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

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
    private readonly Linear fc;

    /// <summary>Builds the network; every stage but the first halves the resolution.</summary>
    /// <param name="stem">The first convolution.</param>
    /// <param name="stemPool">The pooling behind it; null for none.</param>
    /// <param name="block">Makes one block.</param>
    /// <param name="stages">Width and number of blocks of each stage; two to four.</param>
    /// <param name="classCount">Number of classes K.</param>
    /// <param name="featureNorm">What the features go through before the classifier. Default null: nothing.</param>
    public ResidualNetwork(
        Conv2d stem,
        MaxPool2d? stemPool,
        ResidualBlockFactory block,
        IReadOnlyList<(int Width, int Blocks)> stages,
        int classCount,
        RootNormalize? featureNorm = null)
        : base(nameof(ResidualNetwork))
    {
        var channels = stem.out_channels;
        conv1 = stem;
        bn1 = nn.BatchNorm2d(channels);
        relu = nn.ReLU(inplace: true);
        maxpool = stemPool;
        layer1 = Stage(0);
        layer2 = Stage(1);
        layer3 = stages.Count > 2 ? Stage(2) : null;
        layer4 = stages.Count > 3 ? Stage(3) : null;
        avgpool = nn.AdaptiveAvgPool2d(1);
        flatten = nn.Flatten();
        normalize = featureNorm;
        fc = nn.Linear(channels, classCount);
        RegisterComponents();
        KaimingInitialization.Apply(this);

        Sequential Stage(int index)
        {
            var stage = nn.Sequential();
            for (var i = 0; i < stages[index].Blocks; i++)
            {
                var next = block(channels, stages[index].Width, index > 0 && i == 0 ? 2 : 1);
                stage.append(next);
                channels = next.OutChannels;
            }
            return stage;
        }
    }

    public IReadOnlyList<(string Name, nn.Module<Tensor, Tensor> Part)> Backbone =>
        [.. named_children().SkipLast(1).Select(child => (child.name, (nn.Module<Tensor, Tensor>)child.module))];

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
        x = layer2.call(layer1.call(x));
        if (layer3 is not null)
            x = layer3.call(x);
        if (layer4 is not null)
            x = layer4.call(x);
        x = flatten.call(avgpool.call(x));
        return (normalize is null ? x : normalize.call(x)).MoveToOuterDisposeScope();
    }

    public Tensor Classify(Tensor features) => fc.call(features);
}
