using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A network with a projector between its last stage and its classifier, which so has as many inputs as that of another network has: the
/// student of <see cref="ReusedClassifier"/>, whose classifier is the teacher's. Projector and classifier are part of the model.
/// </summary>
/// <remarks>
/// The projector is a 1x1, a 3x3 and a 1x1 convolution, each with batch norm and ReLU, the first two of half of <see cref="Channels"/>;
/// it takes the place of the last stage. Keys of weight files are those of the backbone, without its classifier, and <c>projector</c> and
/// <c>fc</c>. Chen, Mei, Zhang, Wang, Feng and Chen, 'Knowledge Distillation with the Reused Teacher Classifier', CVPR 2022, with the
/// authors' factor of 2.
/// </remarks>
/// <param name="Backbone">A network of the library whose classifier is one linear layer, a <see cref="ResNet"/> say.</param>
/// <example><code>
/// // The last stage of CifarResNet { Width = 32 } has 128 channels.
/// var student = new ProjectedNetwork(new CifarResNet { Depth = 8 }) { Channels = 128 };
/// </code></example>
public sealed record ProjectedNetwork(NetworkArchitecture Backbone)
    : NetworkArchitecture(Require.NotNull(Backbone, nameof(Backbone)).InputShape)
{
    private const string Projector = "projector";

    /// <summary>The network before the projector; the size of its images is this network's.</summary>
    public NetworkArchitecture Backbone { get; init => field = Require.NotNull(value); } = Backbone;

    /// <summary>Channels behind the projector, above 1: those of the teacher's last stage. Default 512, a ResNet-18's.</summary>
    public int Channels
    {
        get;
        init => field = value > 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Channels), value, $"Channels must be above 1, but is {value}.");
    } = 512;

    /// <summary>The backbone's, but the projector in place of the last.</summary>
    public override IReadOnlyList<string> GetStages() => [.. Backbone.GetStages().SkipLast(1), Projector];

    /// <inheritdoc/>
    public override Tensor ToMap(Tensor stageOutput) => Backbone.ToMap(stageOutput);

    /// <inheritdoc/>
    public override string? TranslateWeightKey(string key) => Backbone.TranslateWeightKey(key);

    /// <inheritdoc/>
    public override IReadOnlyList<OnnxEmitter> GetOnnxEmitters() => Backbone.GetOnnxEmitters();

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The backbone is no network whose classifier is one linear layer.</exception>
    protected override nn.Module<Tensor, Tensor> BuildBody(int classCount)
    {
        var network = (Backbone with { InputShape = InputShape }).Build(classCount);
        if (network.Body is not IBackboneParts { Backbone: { } parts } || NetworkHead.TryFind(network)?.Module is not Linear head
            || LinearLayers(network.Body) - parts.Sum(entry => LinearLayers(entry.Part)) != 1)
        {
            network.Dispose();
            throw new InvalidOperationException(
                $"{nameof(ProjectedNetwork)} needs a network of the library whose classifier is one linear layer, such as a ResNet, but "
                    + $"has {network.Architecture}.");
        }

        var (channels, half) = (head.in_features, Channels / 2);
        // All but the parts that go into the new body.
        head.Dispose();
        network.Normalization.Dispose();
        var projector = nn.Sequential();
        Append(channels, half, 1);
        Append(half, half, 3);
        Append(half, Channels, 1);
        return new FeatureBody(
            [
                .. parts.TakeWhile(entry => entry.Part is not AdaptiveAvgPool2d),
                (Projector, projector), ("avgpool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten()),
            ],
            [("fc", nn.Linear(Channels, classCount))]);

        static int LinearLayers(nn.Module module) => module.modules().Count(layer => layer is Linear);

        void Append(long inputs, long outputs, long size) =>
            projector.append(nn.Conv2d(inputs, outputs, size, padding: size / 2, bias: false))
                .append(nn.BatchNorm2d(outputs)).append(nn.ReLU(inplace: true));
    }
}
