using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace TfKd.Tests;

/// <summary>Normalisations that a forward calls as functions, with parameters and buffers of its module.</summary>
public sealed class FunctionalNormTests
{
    private const int Channels = 6;
    private const int Side = 7;

    public static TheoryData<string, Func<Tensor, Statistics, Tensor>> Norms => new()
    {
        { "batchNorm", (x, s) => batch_norm(x, s.Mean, s.Variance, s.Weight, s.Bias) },
        { "batchNormOfEpsilon", (x, s) => batch_norm(x, s.Mean, s.Variance, s.Weight, s.Bias, eps: 1e-3) },
        { "batchNormOfSmallEpsilon", (x, s) => batch_norm(x, s.Mean, s.Variance, s.Weight, s.Bias, eps: 1e-6) },
        { "batchNormWithoutWeights", (x, s) => batch_norm(x, s.Mean, s.Variance) },
        { "batchNormWithoutBias", (x, s) => batch_norm(x, s.Mean, s.Variance, s.Weight) },
        { "batchNormTwice", (x, s) =>
            batch_norm(relu(batch_norm(x, s.Mean, s.Variance, s.Weight, s.Bias)), s.Bias, s.Variance, s.Mean, s.Weight, eps: 0.01) },
        { "batchNormOfRows", (x, s) => batch_norm(x.mean([2L, 3L]), s.Mean, s.Variance, s.Weight, s.Bias) },
        { "instanceNormByStatistics", (x, s) => instance_norm(x, s.Mean, s.Variance, s.Weight, s.Bias, use_input_stats: false) },
        { "layerNorm", (x, s) => layer_norm(x.permute(0, 2, 3, 1), [Channels], s.Weight, s.Bias) },
        { "layerNormOfSmallEpsilon", (x, s) => layer_norm(x.permute(0, 2, 3, 1), [Channels], s.Weight, s.Bias, 1e-6) },
        { "layerNormOfTinyEpsilon", (x, s) => layer_norm(x.permute(0, 2, 3, 1), [Channels], s.Weight, s.Bias, 1e-12) },
        { "layerNormOfLargeEpsilon", (x, s) => layer_norm(x.permute(0, 2, 3, 1), [Channels], s.Weight, s.Bias, 0.1) },
        { "layerNormOfOddEpsilon", (x, s) => layer_norm(x.permute(0, 2, 3, 1), [Channels], s.Weight, s.Bias, 3e-4) },
        { "layerNormWithoutWeights", (x, _) => layer_norm(x, [Side]) },
        { "layerNormWithoutBias", (x, s) => layer_norm(x.permute(0, 2, 3, 1), [Channels], s.Weight) },
        { "layerNormWithoutWeight", (x, s) => layer_norm(x.permute(0, 2, 3, 1), [Channels], null!, s.Bias) },
        { "layerNormOfTokens", (x, s) => layer_norm(x.flatten(2).transpose(1, 2), [Channels], s.Weight, s.Bias) },
        { "layerNormOfThreeDimensions", (x, s) => layer_norm(x, [Channels, Side, Side], s.All, s.AllBias) },
        { "layerNormOfThreeDimensionsWithoutWeights", (x, _) => layer_norm(x, [Channels, Side, Side], eps: 1e-6) },
        { "layerNormsInARow", (x, s) => layer_norm(x.permute(0, 2, 3, 1) + relu(layer_norm(
            x.permute(0, 2, 3, 1), [Channels], s.Weight, s.Bias, 1e-6)), [Channels], s.Bias, s.Mean, 1e-6) },
        { "groupNorm", (x, s) => group_norm(x, 3, s.Weight, s.Bias) },
        { "groupNormOfOneGroup", (x, s) => group_norm(x, 1, s.Weight, s.Bias, 1e-3) },
        { "groupNormWithoutWeights", (x, _) => group_norm(x, 2, eps: 1e-6) },
        { "instanceNorm", (x, _) => instance_norm(x) },
        { "instanceNormWithWeights", (x, s) => instance_norm(x, weight: s.Weight, bias: s.Bias, eps: 1e-6) },
        { "normalize", (x, _) => normalize(x) },
        { "normalizeOfOnes", (x, _) => normalize(x, 1) },
        { "normalizeOfLargest", (x, _) => normalize(x, float.PositiveInfinity, 3) },
        { "normalizeOfLastDimension", (x, _) => normalize(x, 2, 3) },
        { "normalizeOfRectified", (x, _) => normalize(relu(x), 2, 2) },
        { "normalizeOfRows", (x, _) => normalize(x.mean([2L, 3L])) },
        { "normalizeOfEpsilon", (x, _) => normalize(x, 2, 1, 1e-3f) },
        { "normalizeOfLargeEpsilon", (x, _) => normalize(x, 1, 2, 0.1f) },
        { "interpolateByThree", (x, _) => interpolate(x, scale_factor: [3, 3]) },
    };

    [Theory]
    [MemberData(nameof(Norms), DisableDiscoveryEnumeration = true)]
    public void A_norm_between_layers_exports(string name, Func<Tensor, Statistics, Tensor> norm)
    {
        random.manual_seed(11);
        using var module = new Normed(norm);
        OnnxRun.AssertParity(module, new ImageShape(3, Side, Side), 1e-5);
        Assert.NotEmpty(name);
    }

    /// <summary>Weights that float16 holds exactly, so that only what is written otherwise shows.</summary>
    [Theory]
    [MemberData(nameof(Norms), DisableDiscoveryEnumeration = true)]
    public void A_norm_between_layers_exports_in_float16(string name, Func<Tensor, Statistics, Tensor> norm)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        random.manual_seed(11);
        using var module = new Normed(norm);
        var shape = new ImageShape(3, Side, Side);
        var options = new OnnxExportOptions { InputShape = shape, InputType = ScalarType.Float32, Weights = OnnxWeights.Float16 };
        using var session = OnnxRun.Open(OnnxExporter.Export(module, options));
        var images = TestNetworks.Pixels(3, shape, ScalarType.Float32);
        var found = OnnxRun.Score(session, images);
        var expected = module.to(ScalarType.Float64).call(images.to(ScalarType.Float64));
        Assert.Equal(expected.shape, found.shape);
        var scale = Math.Max(1, expected.abs().max().item<double>());
        Assert.True((expected - found).abs().max().item<double>() <= 1e-5 * scale, name);
    }

    /// <summary>Values that are hardly larger than what keeps a norm from dividing by nothing.</summary>
    [Theory]
    [InlineData(1e-5)]
    [InlineData(1e-6)]
    [InlineData(7e-9)]
    public void The_epsilon_of_the_call_is_in_the_file(double epsilon)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        random.manual_seed(11);
        using var module = new Normed((x, s) => layer_norm(x.permute(0, 2, 3, 1), [Channels], s.Weight, s.Bias, epsilon));
        var node = Node(module, "LayerNormalization");
        Assert.Equal((float)epsilon, node.Numbers["epsilon"]);
    }

    /// <summary>As they are before training: ones and zeros, where a norm hardly differs from nothing.</summary>
    [Fact]
    public void A_fresh_batch_norm_is_one_in_the_file()
    {
        using var noGrad = no_grad();
        using var module = new Normed((x, s) => batch_norm(x, s.Mean, s.Variance, s.Weight, s.Bias));
        foreach (var tensor in new[] { module.Statistics.Mean, module.Statistics.Bias })
            tensor.zero_();
        foreach (var tensor in new[] { module.Statistics.Variance, module.Statistics.Weight })
            tensor.fill_(1);
        Assert.Equal(1e-5f, Node(module, "BatchNormalization").Numbers["epsilon"]);
    }

    [Fact]
    public void Statistics_of_the_batch_and_other_powers_are_refused()
    {
        var shape = new ImageShape(3, Side, Side);
        foreach (var norm in new Func<Tensor, Statistics, Tensor>[]
        {
            (x, s) => batch_norm(x, s.Mean.clone(), s.Variance.clone(), s.Weight, s.Bias, training: true) + x.mean([0L], true),
            (x, _) => normalize(x, 3),
            (x, _) => normalize(x, 2, 0),
            (x, s) => layer_norm(x.permute(0, 2, 3, 1), [Channels], s.Weight, s.Bias, 1.234e-4),
        })
        {
            random.manual_seed(11);
            using var module = new Normed(norm);
            var message = Assert.Throws<NotSupportedException>(() =>
                OnnxExporter.Export(module, new OnnxExportOptions { InputShape = shape, InputType = ScalarType.Float32 })).Message;
            Assert.Contains(LeafTracer.Advice, message, StringComparison.Ordinal);
        }
    }

    private static OnnxNode Node(nn.Module<Tensor, Tensor> module, string type)
    {
        var options = new OnnxExportOptions { InputShape = new ImageShape(3, Side, Side), InputType = ScalarType.Float32 };
        return OnnxModel.Read(OnnxExporter.Export(module, options)).Nodes.Single(node => node.Operation == type);
    }

    /// <summary>What a module's norms read.</summary>
    public sealed record Statistics(Tensor Weight, Tensor Bias, Tensor Mean, Tensor Variance, Tensor All, Tensor AllBias);

    private sealed class Normed : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d conv = nn.Conv2d(3, Channels, 3, padding: 1);
        private readonly Parameter weight = new(Halves(rand(Channels) + 0.5));
        private readonly Parameter bias = new(Halves(randn(Channels)));
        private readonly Parameter all = new(Halves(rand(Channels, Side, Side) + 0.5));
        private readonly Parameter allBias = new(Halves(randn(Channels, Side, Side)));
        private readonly Tensor mean = Halves(randn(Channels));
        private readonly Tensor variance = Halves(rand(Channels) + 0.25);
        private readonly Identity last = nn.Identity();
        private readonly Func<Tensor, Statistics, Tensor> _norm;

        public Normed(Func<Tensor, Statistics, Tensor> norm) : base(nameof(Normed))
        {
            _norm = norm;
            RegisterComponents();
            using var noGrad = no_grad();
            conv.weight.copy_(Halves(conv.weight * 0.02));
        }

        public Statistics Statistics => new(weight, bias, mean, variance, all, allBias);

        public override Tensor forward(Tensor input) => last.call(_norm(conv.call(input), Statistics));

        private static Tensor Halves(Tensor values) => values.detach().to(ScalarType.Float16).to(ScalarType.Float32);
    }
}
