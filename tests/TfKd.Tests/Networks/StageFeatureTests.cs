using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>The outputs of stages that objectives see.</summary>
public sealed class StageFeatureTests : IDisposable
{
    private static readonly NetworkArchitecture[] _architectures =
    [
        new SmallCnn { Width = 8 },
        new DenseNet { GrowthRate = 8, InputShape = new ImageShape(3, 32, 32) },
        new GoogLeNet { Dropout = 0, CifarStem = true, InputShape = new ImageShape(3, 16, 16) },
        new GoogLeNet { Dropout = 0, InputShape = new ImageShape(3, 48, 48) },
        new SqueezeNet { Dropout = 0, InputShape = new ImageShape(3, 48, 48) },
        new SqueezeNet { Version = 1.1, Dropout = 0, CifarStem = true, InputShape = new ImageShape(3, 32, 32) },
        new Vgg { Depth = 16, HiddenUnits = 32, Dropout = 0, PoolSize = 1, InputShape = new ImageShape(3, 32, 32) },
        new CifarResNet { Depth = 8, Width = 8 },
        new ResNet { CifarStem = true, InputShape = new ImageShape(3, 32, 32) },
        new WideResNet { Depth = 16, WidenFactor = 1, InputShape = new ImageShape(3, 16, 16) },
        new ResNeXt29 { Cardinality = 2, BaseWidth = 8, InputShape = new ImageShape(3, 16, 16) },
        new MobileNetV2 { WidthMultiplier = 0.35, Dropout = 0, CifarStem = true, InputShape = new ImageShape(3, 32, 32) },
        new ShuffleNetV2 { WidthMultiplier = 0.5, InputShape = new ImageShape(3, 64, 64) },
        new MobileNetV3 { WidthMultiplier = 0.35, Dropout = 0, InputShape = new ImageShape(3, 64, 64) },
        new MobileNetV3 { Size = MobileNetV3Size.Small, WidthMultiplier = 0.5, Dropout = 0, InputShape = new ImageShape(3, 64, 64) },
        new EfficientNet
        {
            WidthMultiplier = 0.25, DepthMultiplier = 0.5, Dropout = 0, StochasticDepth = 0, InputShape = new ImageShape(3, 64, 64),
        },
        new ConvNeXt { Width = 8, ThirdStageBlocks = 2, StochasticDepth = 0, InputShape = new ImageShape(3, 64, 64) },
    ];

    private readonly DisposeScope _scope = NewDisposeScope();

    public static TheoryData<int> Indices => [.. Enumerable.Range(0, _architectures.Length)];

    public void Dispose() => _scope.Dispose();

    [Theory]
    [MemberData(nameof(Indices))]
    public void Features_are_what_the_modules_return_and_the_logits_stay_the_same(int index)
    {
        using var network = TestNetworks.BuildTrained(_architectures[index], 4);
        var (path, images) = Prepare(network);
        using var kernels = path.Enter();
        using var noGradient = no_grad();

        var output = network.Run(images, withFeatures: true);

        var (features, logits) = ByHand(network, images);
        Assert.Equal(network.Architecture.GetStages().Count, output.Features.Count);
        foreach (var (expected, actual) in features.Zip(output.Features))
        {
            Assert.Equal(4, actual.dim());
            Assert.True(actual.allclose(expected, 1e-5, 1e-5));
            Assert.True(actual.abs().max().item<float>() > 0);
        }

        Assert.True(output.Logits.allclose(logits, 1e-5, 1e-5));
        Assert.True(network.Run(images).Logits.equal(output.Logits).all().item<bool>());
        Assert.Empty(network.Run(images).Features);
    }

    /// <summary>ReLU or ReLU6 of what is before it gives a stage that ends with one; another is as it is.</summary>
    [Theory]
    [MemberData(nameof(Indices))]
    public void What_is_before_a_rectifier_gives_the_stage(int index)
    {
        using var network = TestNetworks.BuildTrained(_architectures[index], 4);
        var (path, images) = Prepare(network);
        using var kernels = path.Enter();
        using var noGradient = no_grad();

        var output = network.Run(images, withFeatures: true, withPreActivations: true);

        Assert.Equal(output.Features.Count, output.PreActivations.Count);
        var rectified = output.Features.Zip(output.PreActivations, (feature, before) =>
            !before.Equals(feature) && (before.relu().Equals(feature) || before.relu6().Equals(feature))).ToList();
        Assert.All(output.Features.Zip(output.PreActivations).Zip(rectified), stage =>
            Assert.True(stage.Second || stage.First.Second.Equals(stage.First.First)));
        var endsWithOne = network.Architecture is CifarResNet or ResNet or ResNeXt29 or Vgg;
        Assert.True(!endsWithOne || rectified.TrueForAll(is1 => is1), string.Join(", ", rectified));
        Assert.Empty(network.Run(images, withFeatures: true).PreActivations);
        var alone = network.Run(images, withPreActivations: true);
        Assert.Empty(alone.Features);
        Assert.All(alone.PreActivations.Zip(output.PreActivations), pair => Assert.True(pair.First.Equals(pair.Second)));
    }

    [Fact]
    public void Gradients_flow_through_what_is_before_a_rectifier()
    {
        using var network = TestNetworks.BuildTrained(new CifarResNet { Depth = 8 }, 4);
        network.train();
        var (path, images) = Prepare(network);
        using var kernels = path.Enter();
        var before = network.Run(images, withPreActivations: true).PreActivations;
        before.Aggregate(zeros(1), (sum, stage) => sum + stage.clamp(max: 0).square().sum()).backward();
        Assert.All(network.Body.named_parameters().Where(entry => !entry.name.StartsWith("fc", StringComparison.Ordinal)), entry =>
            Assert.True(entry.parameter.grad?.abs().max().item<float>() > 0, entry.name));
    }

    /// <summary>Each stage ends in an activation that works in place, and the next one goes on from the same memory.</summary>
    [Theory]
    [MemberData(nameof(Indices))]
    public void Gradients_flow_through_features_as_through_the_modules(int index)
    {
        using var network = TestNetworks.BuildTrained(_architectures[index], 4);
        network.train();
        var (path, images) = Prepare(network);
        using var kernels = path.Enter();

        var output = network.Run(images, withFeatures: true);
        var actual = Gradients(network, output.Features, output.Logits);
        var (features, logits) = ByHand(network, images);
        var expected = Gradients(network, features, logits);

        Assert.Equal(network.parameters().Count(), actual.Count);
        foreach (var (name, gradient) in expected)
        {
            Assert.True(actual[name].allclose(gradient, 1e-4, 1e-5), name);
            Assert.True(gradient.abs().max().item<float>() > 0, name);
        }
    }

    [Theory]
    [MemberData(nameof(Indices))]
    public void Answering_leaves_the_logits_and_the_features(int index)
    {
        using var network = _architectures[index].Build(4);
        var (path, images) = Prepare(network);
        using var kernels = path.Enter();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var i = 0; i < 3; i++)
        {
            var output = network.Run(images, withFeatures: true, withPreActivations: i > 0);
            Tensor[] features = [.. output.Features, .. output.PreActivations];
            Assert.Equal(before + 1 + features.Length, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
            output.Logits.Dispose();
            foreach (var feature in features)
                feature.Dispose();
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Theory]
    [InlineData("2", "names the stage '2', but its body has no module from tensor to tensor of that path.")]
    [InlineData("0.weight", "names the stage '0.weight', but its body has no module from tensor to tensor of that path.")]
    public void A_stage_that_is_not_there_is_named(string stage, string message) =>
        Assert.Equal($"StagedNetwork {stage} {message}", Refusal(new StagedNetwork(stage)));

    [Fact]
    public void An_architecture_without_stages_says_how_to_name_them() => Assert.Equal(
        "StagedNetwork  names no stages, so there are no features to look at; override GetStages, or use an objective on logits.",
        Refusal(new StagedNetwork()));

    [Fact]
    public void After_a_refusal_the_network_answers_as_before()
    {
        using var network = new StagedNetwork("0", "gone").Build(2);
        var images = zeros(1, 1, 2, 2);
        Assert.Throws<InvalidOperationException>(() => network.Run(images, withFeatures: true));
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        network.Run(images).Logits.Dispose();

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    private static string Refusal(NetworkArchitecture architecture)
    {
        using var network = architecture.Build(2);
        return Assert.Throws<InvalidOperationException>(() => network.Run(zeros(1, 1, 2, 2), withFeatures: true)).Message;
    }

    private static (ComputePath Path, Tensor Images) Prepare(ImageNetwork network)
    {
        var path = network.CheckKernels(network.Architecture.InputShape, [2])?.Path ?? ComputePath.Default;
        path.Prepare(network);
        return (path, path.Arrange(TestNetworks.Pixels(2, network.Architecture.InputShape)));
    }

    /// <summary>Calls part after part, and copies what stages return before the next part can touch it.</summary>
    private static (List<Tensor> Features, Tensor Logits) ByHand(ImageNetwork network, Tensor images)
    {
        var stages = network.Architecture.GetStages();
        var features = new List<Tensor>();
        var x = network.Normalization.call(images);
        foreach (var (name, part) in network.Body.named_children())
        {
            var layers =
                name == "features" ? part.named_children().Select(layer => (Path: $"{name}.{layer.name}", layer.module)) : [(name, part)];
            foreach (var (path, layer) in layers)
            {
                x = ((nn.Module<Tensor, Tensor>)layer).call(x);
                if (stages.Contains(path))
                    features.Add(x = x.clone());
            }
        }

        return (features, x);
    }

    private static Dictionary<string, Tensor> Gradients(ImageNetwork network, IReadOnlyList<Tensor> features, Tensor logits)
    {
        network.zero_grad();
        var loss = features
            .Select((feature, i) => (feature.square() * (i + 1)).mean())
            .Aggregate(logits.square().mean(), (sum, term) => sum + term);
        loss.backward();
        return network.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter.grad!.clone());
    }

    private sealed record StagedNetwork(params string[] Stages) : NetworkArchitecture(new ImageShape(1, 2, 2))
    {
        public override IReadOnlyList<string> GetStages() => Stages;

        public override string ToString() => $"StagedNetwork {Stages.LastOrDefault()}";

        protected override nn.Module<Tensor, Tensor> BuildBody(int classCount) => nn.Sequential(nn.Flatten(), nn.Linear(4, classCount));
    }
}
