using Microsoft.ML.OnnxRuntime;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Outputs beside the scores: the embedding, and the highest scores.</summary>
public sealed class OnnxOutputsTests
{
    private const int ClassCount = 11;

    [Theory]
    [MemberData(nameof(TestNetworks.Indices), MemberType = typeof(TestNetworks))]
    public void Embedding_is_what_the_head_reads_and_changes_no_score(int index)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var network = TestNetworks.BuildTrained(TestNetworks.All[index], ClassCount);
        var shape = network.Architecture.InputShape;
        var options = new OnnxExportOptions { InputShape = shape };
        using var plain = OnnxRun.Open(OnnxExporter.Export(network, options));
        using var both = OnnxRun.Open(OnnxExporter.Export(network, options with { EmbeddingName = "embedding" }));
        var images = TestNetworks.Pixels(3, shape);
        var found = OnnxRun.Output(both, images, "embedding");
        Assert.Equal(["scores", "embedding"], both.OutputMetadata.Keys);
        Assert.Equal([-1, (int)found.shape[1]], both.OutputMetadata["embedding"].Dimensions);
        AssertClose(OnnxRun.Score(plain, images), OnnxRun.Score(both, images), 1e-6);

        using var recorder = new HeadRecorder(network);
        // Torch's float32 convolutions are wrong for some shapes on some processors.
        network.to(ScalarType.Float64);
        AssertClose(recorder.Predict(images).Embedding, found, 5e-5);
    }

    [Theory]
    [InlineData(typeof(ResNet))]
    [InlineData(typeof(CifarResNet))]
    [InlineData(typeof(SmallCnn))]
    public void What_the_head_reads_is_what_the_body_extracts(Type type)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var architecture = TestNetworks.All.First(network => network.GetType() == type);
        using var network = TestNetworks.BuildTrained(architecture, ClassCount);
        network.to(ScalarType.Float64);
        var images = TestNetworks.Pixels(2, architecture.InputShape);
        using var recorder = new HeadRecorder(network);
        // Passes that nobody asked about are not heard.
        network.call(images + 1);
        var (logits, embedding) = recorder.Predict(images);
        AssertClose(network.Extract(images), embedding, 1e-6);
        AssertClose(network.call(images), logits, 0);
    }

    [Fact]
    public void Head_that_takes_no_part_is_named()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var network = new ImageNetwork(new SmallCnn(), new ReadsNoHead(), ClassCount);
        using var recorder = new HeadRecorder(network);
        Assert.Equal(
            "The head 'fc' took no part in the forward pass.",
            Assert.Throws<InvalidOperationException>(() => recorder.Predict(zeros(1, 3, 32, 32))).Message);
    }

    /// <summary>Computes what its head would, without asking it.</summary>
    private sealed class ReadsNoHead : nn.Module<Tensor, Tensor>
    {
        private readonly TorchSharp.Modules.Linear fc = nn.Linear(3, ClassCount);

        public ReadsNoHead()
            : base(nameof(ReadsNoHead)) => RegisterComponents();

        public override Tensor forward(Tensor images) => nn.functional.linear(images.mean([2, 3]), fc.weight, fc.bias);
    }

    [Theory]
    [InlineData(OnnxWeights.Float16, 0.01)]
    [InlineData(OnnxWeights.Int8, 0.15)]
    public void Embedding_is_near_in_other_numbers_and_scores_are_as_without_it(OnnxWeights weights, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var network = TestNetworks.BuildTrained(new CifarResNet { Depth = 8 }, ClassCount);
        using var images = CalibrationImages.Of(network.Architecture.InputShape, 40);
        var pixels = CalibrationImages.Pixels(images, 8);
        var options = new OnnxExportOptions { InputShape = network.Architecture.InputShape };
        var other = options with { Weights = weights, Calibration = network.Calibrate(images) };
        using var floats = OnnxRun.Open(OnnxExporter.Export(network, options with { EmbeddingName = "embedding" }));
        using var plain = OnnxRun.Open(OnnxExporter.Export(network, other));
        using var both = OnnxRun.Open(OnnxExporter.Export(network, other with { EmbeddingName = "embedding", TopK = 2 }));
        var (expected, found) = (OnnxRun.Output(floats, pixels, "embedding"), OnnxRun.Output(both, pixels, "embedding"));
        Assert.InRange(((expected - found).norm() / expected.norm()).item<double>(), 1e-9, tolerance);
        AssertClose(OnnxRun.Score(plain, pixels), OnnxRun.Score(both, pixels), 1e-6);
    }

    [Fact]
    public void A_head_behind_hidden_layers_and_before_an_activation_is_found()
    {
        using var module = nn.Sequential(
            nn.Flatten(), nn.Linear(48, 7), nn.ReLU(), nn.Dropout(), nn.Linear(7, 5), nn.ReLU(), nn.Softmax(1));
        using var session = OnnxRun.Open(Export(module));
        Assert.Equal([-1, 7], session.OutputMetadata["embedding"].Dimensions);
        using var map = nn.Sequential(nn.Conv2d(3, 6, 3), nn.Conv2d(6, 9, 1, groups: 3), nn.AdaptiveAvgPool2d(1), nn.Flatten());
        using var second = OnnxRun.Open(Export(map));
        Assert.Equal([-1, 6], second.OutputMetadata["embedding"].Dimensions);
    }

    [Fact]
    public void A_network_without_one_head_has_no_embedding()
    {
        AssertRefused("no layer with weights makes its logits", nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()));
        AssertRefused(
            "Add '0.sum' makes its logits of 2 computed values",
            nn.Sequential(new TwoHeads()));
        AssertRefused(
            "'2', which makes its logits, reads [N,16,3]",
            nn.Sequential(new MapToTokens(), nn.ReLU(), nn.Linear(3, 5), new FirstToken()));
        AssertRefused("'head', which makes its logits, reads [N,16,3]", new HeadOnTokens());

        static void AssertRefused(string found, nn.Module<Tensor, Tensor> module)
        {
            using (module)
                Assert.Equal(
                    $"An embedding is asked for, but the network has none: {found}. Expected one Linear or Conv2d that makes the logits, "
                        + "alone, of one vector or map an image.",
                    Assert.Throws<NotSupportedException>(() => Export(module)).Message);
        }
    }

    private sealed class HeadOnTokens : nn.Module<Tensor, Tensor>
    {
        private readonly TorchSharp.Modules.ReLU relu = nn.ReLU();
        private readonly TorchSharp.Modules.Linear head = nn.Linear(3, 5);

        public HeadOnTokens() : base(nameof(HeadOnTokens)) => RegisterComponents();

        public override Tensor forward(Tensor input) => head.call(relu.call(input).flatten(2).transpose(1, 2)).mean([1L]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(99)]
    public void Highest_scores_fall_and_come_with_their_classes(int topK)
    {
        using var scope = NewDisposeScope();
        using var network = TestNetworks.BuildTrained(new SmallCnn(), ClassCount);
        var options = new OnnxExportOptions
        {
            InputShape = network.Architecture.InputShape,
            AppendSoftmax = true,
            Temperature = 2,
            TopK = topK,
        };
        using var session = OnnxRun.Open(OnnxExporter.Export(network, options));
        var count = Math.Min(topK, ClassCount);
        Assert.Equal(["scores", "top_scores", "top_indices"], session.OutputMetadata.Keys);
        Assert.Equal([-1, count], session.OutputMetadata["top_indices"].Dimensions);
        var images = TestNetworks.Pixels(5, network.Architecture.InputShape);
        var (scores, highest) = (OnnxRun.Score(session, images), OnnxRun.Output(session, images, "top_scores"));
        var (values, indices) = scores.topk(count, 1);
        AssertClose(values, highest, 0);
        Assert.Equal(indices.data<long>().ToArray(), OnnxRun.Indices(session, images, "top_indices"));
    }

    [Fact]
    public void Scores_of_several_labels_are_sigmoids_and_not_a_softmax_as_well()
    {
        using var scope = NewDisposeScope();
        using var network = TestNetworks.BuildTrained(new SmallCnn(), ClassCount);
        var options = new OnnxExportOptions { InputShape = network.Architecture.InputShape, Temperature = 2 };
        var images = TestNetworks.Pixels(5, network.Architecture.InputShape);
        using var plain = OnnxRun.Open(OnnxExporter.Export(network, options));
        using var session = OnnxRun.Open(OnnxExporter.Export(network, options with { AppendSigmoid = true }));
        AssertClose(OnnxRun.Score(plain, images).sigmoid(), OnnxRun.Score(session, images), 1e-6);
        Assert.Equal(
            "AppendSoftmax and AppendSigmoid are both set; expected one of them at most. (Parameter 'options')",
            Assert.Throws<ArgumentException>(() =>
                OnnxExporter.Export(network, options with { AppendSigmoid = true, AppendSoftmax = true })).Message);
    }

    [Fact]
    public void Of_equal_scores_the_first_comes_first()
    {
        using var scope = NewDisposeScope();
        using var module = nn.Sequential(nn.Flatten(), nn.Linear(48, 5));
        using (no_grad())
        {
            var linear = (TorchSharp.Modules.Linear)module.children().Last();
            linear.weight.zero_();
            linear.bias!.copy_(tensor(new[] { 1f, 2, 0, 2, 1 }));
        }

        using var session = OnnxRun.Open(Export(module, new OnnxExportOptions
        {
            InputShape = new ImageShape(3, 4, 4),
            InputType = ScalarType.Float32,
            TopK = 5,
        }));
        Assert.Equal([1, 3, 0, 4, 2], OnnxRun.Indices(session, ones(1, 3, 4, 4), "top_indices"));
    }

    [Fact]
    public void Names_and_numbers_are_checked()
    {
        var options = new OnnxExportOptions { InputShape = new ImageShape(3, 4, 4), InputType = ScalarType.Float32 };
        Assert.Throws<ArgumentOutOfRangeException>(() => options with { TopK = -1 });
        Assert.Throws<ArgumentException>(() => options with { EmbeddingName = "" });
        using var module = nn.Sequential(nn.Flatten(), nn.Linear(48, 5));
        foreach (var (name, other) in new[]
        {
            ("scores", options with { EmbeddingName = "scores" }),
            ("images", options with { EmbeddingName = "images" }),
            ("top_scores", options with { OutputName = "top_scores", TopK = 1 }),
        })
        {
            Assert.StartsWith(
                $"Input and outputs must have names of their own, but two are '{name}'.",
                Assert.Throws<ArgumentException>(() => OnnxExporter.Export(module, other)).Message,
                StringComparison.Ordinal);
        }
    }

    private sealed class TwoHeads : nn.Module<Tensor, Tensor>
    {
        private readonly TorchSharp.Modules.Flatten flatten = nn.Flatten();
        private readonly TorchSharp.Modules.Linear first = nn.Linear(48, 5);
        private readonly TorchSharp.Modules.Linear second = nn.Linear(48, 5);
        private readonly Add sum = new();

        public TwoHeads() : base(nameof(TwoHeads)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            var x = flatten.call(input);
            return sum.call(first.call(x), second.call(x));
        }
    }

    private static byte[] Export(nn.Module<Tensor, Tensor> module, OnnxExportOptions? options = null) => OnnxExporter.Export(
        module,
        options ?? new OnnxExportOptions
        {
            InputShape = new ImageShape(3, 4, 4),
            InputType = ScalarType.Float32,
            EmbeddingName = "embedding",
        });

    private static void AssertClose(Tensor expected, Tensor found, double tolerance)
    {
        Assert.Equal(expected.shape, found.shape);
        using var wide = expected.to(ScalarType.Float64);
        var scale = Math.Max(1, wide.abs().max().item<double>());
        Assert.InRange((wide - found).abs().max().item<double>() / scale, 0, tolerance);
    }
}
