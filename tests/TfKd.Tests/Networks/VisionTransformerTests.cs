using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>What tells a transformer from other networks: tokens instead of maps, and weights for one size of images.</summary>
public sealed class VisionTransformerTests : IDisposable
{
    private static readonly VisionTransformer Small =
        new() { PatchSize = 8, Width = 32, HeadWidth = 16, Blocks = 4, InputShape = new ImageShape(3, 32, 48) };

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(12, "2,5,8")]
    [InlineData(24, "5,11,17")]
    [InlineData(3, "0,1")]
    [InlineData(2, "0")]
    [InlineData(1, "")]
    public void Stages_are_quarters_of_the_blocks(int blocks, string ends) => Assert.Equal(
        [
            .. ends.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(end => $"encoder.layers.encoder_layer_{end}"), "encoder",
        ],
        new VisionTransformer { Blocks = blocks }.GetStages());

    [Fact]
    public void Features_are_the_tokens_of_the_patches_at_their_places()
    {
        using var network = TestNetworks.BuildTrained(Small, 4);
        using var noGradient = no_grad();
        var returned = new List<Tensor>();
        foreach (var (_, module) in network.Body.named_modules().Where(entry => Small.GetStages().Contains(entry.name)))
            ((nn.Module<Tensor, Tensor>)module).register_forward_hook((_, _, output) =>
            {
                // The modules around free what is made within them.
                returned.Add(output.clone().DetachFromDisposeScope());
                return output;
            });

        var features = network.Run(TestNetworks.Pixels(2, Small.InputShape), withFeatures: true).Features;

        Assert.Equal(4, features.Count);
        foreach (var (feature, tokens) in features.Zip(returned))
        {
            Assert.Equal([2L, 32, 4, 6], feature.shape);
            Assert.Equal([2L, 25, 32], tokens.shape);
            // Row by row, behind the token of the class.
            Assert.True(feature[1, TensorIndex.Colon, 2, 5].equal(tokens[1, 1 + 2 * 6 + 5]).all().item<bool>());
            Assert.True(feature[0, TensorIndex.Colon, 0, 0].equal(tokens[0, 1]).all().item<bool>());
        }
    }

    [Fact]
    public void Gradients_flow_from_features_to_all_that_comes_before_them()
    {
        using var network = TestNetworks.BuildTrained(Small, 4);
        network.train();
        var features = network.Run(TestNetworks.Pixels(2, Small.InputShape), withFeatures: true).Features;

        (features[1] * arange(features[1].numel()).to(ScalarType.Float32).sin().view(features[1].shape)).sum().backward();

        Assert.All(network.Body.named_parameters(), entry =>
        {
            var behind = entry.name.Contains("encoder_layer_2.", StringComparison.Ordinal)
                || entry.name.Contains("encoder_layer_3.", StringComparison.Ordinal)
                || entry.name.StartsWith("encoder.ln.", StringComparison.Ordinal)
                || entry.name.StartsWith("heads.", StringComparison.Ordinal);
            Assert.Equal(behind, entry.parameter.grad is null);
        });
    }

    [Fact]
    public void Weights_for_another_size_are_refused_and_the_network_is_unchanged()
    {
        using var source = Small.Build(4);
        using var target = (Small with { InputShape = new ImageShape(3, 32, 32) }).Build(4);
        var before = target.Body.state_dict()["conv_proj.weight"].bytes.ToArray();

        var error = Assert.Throws<InvalidDataException>(() => NetworkWeights.Apply(target, source.Body.state_dict(), "weights"));

        Assert.Equal(
            $"weights does not fit {target.Architecture} with 4 classes: of 56 tensors 0 are missing and 1 different, and 0 are unexpected; "
                + "these are weights of a network of another width, or of other images:\ndifferent: encoder.pos_embedding: expected Float32 [1,17,32], found Float32 [1,25,32]",
            error.Message);
        Assert.Equal(before, target.Body.state_dict()["conv_proj.weight"].bytes.ToArray());
        Assert.StartsWith(
            "encoder.pos_embedding must have shape [1,17,32], but has [1,25,32].",
            Assert.Throws<ArgumentException>(() => source.Copy(new ImageShape(3, 32, 32))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Images_of_another_size_are_refused()
    {
        using var network = Small.Build(4);
        Assert.StartsWith(
            "A VisionTransformer has a vector for each place of a patch and takes images of one size: expected [N,3,32,48], as its "
                + "InputShape says, found [1,3,48,32].",
            Assert.Throws<ArgumentException>(() => network.call(TestNetworks.Pixels(1, new ImageShape(3, 48, 32)))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_that_do_not_divide_are_refused()
    {
        var images = Small with { InputShape = new ImageShape(3, 32, 44) };
        Assert.Equal(
            "VisionTransformer cuts images into patches of 8x8, but InputShape is 3x32x44; set ImageWidth and ImageHeight to multiples of "
                + "8, or PatchSize to a divisor.",
            Assert.Throws<InvalidOperationException>(() => images.Build(2)).Message);
        Assert.Equal(
            "Width must divide by HeadWidth, 20, but is 32.",
            Assert.Throws<InvalidOperationException>(() => (Small with { HeadWidth = 20 }).Build(2)).Message);
    }

    [Fact]
    public void Published_keys_of_the_linear_layers_are_understood()
    {
        using var network = Small.Build(4);
        var weights = network.Body.state_dict().ToDictionary(
            entry => entry.Key.Replace(".mlp.0.", ".mlp.linear_1.", StringComparison.Ordinal)
                .Replace(".mlp.3.", ".mlp.linear_2.", StringComparison.Ordinal),
            entry => entry.Value.detach() + 1);
        Assert.Contains("encoder.layers.encoder_layer_3.mlp.linear_2.bias", weights.Keys);

        NetworkWeights.Apply(network, weights, "weights");

        Assert.True(network.Body.state_dict()["encoder.layers.encoder_layer_3.mlp.3.bias"]
            .equal(weights["encoder.layers.encoder_layer_3.mlp.linear_2.bias"]).all().item<bool>());
    }

    [Theory]
    [InlineData(1, "encoder_layer_0.")]
    [InlineData(4, "encoder.ln.")]
    public void Frozen_stages_hold_the_vectors_of_class_and_places_too(int stages, string last)
    {
        using var network = Small.Build(4);
        using (new FrozenLayers(network, stages))
        {
            var learning = network.Body.named_parameters().Where(entry => entry.parameter.requires_grad)
                .Select(entry => entry.name).ToList();
            Assert.DoesNotContain("class_token", learning);
            Assert.DoesNotContain("encoder.pos_embedding", learning);
            Assert.DoesNotContain(learning, name => name.Contains(last, StringComparison.Ordinal));
            Assert.Contains("heads.head.weight", learning);
            Assert.Equal(stages == 1, learning.Contains("encoder.layers.encoder_layer_1.ln_1.weight"));
        }

        Assert.All(network.parameters(), parameter => Assert.True(parameter.requires_grad));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_transformer_learns_by_hints_of_another_network_and_of_itself(bool ofItself)
    {
        var shape = new ImageShape(3, 16, 16);
        var trainer = new Trainer(new TrainingPlan
        {
            Objective = new CrossEntropy() + new FeatureHint(),
            Teacher = ofItself
                ? new MovingAverageTeacher()
                : new GivenTeacher(new CifarResNet { Depth = 8, Width = 8, InputShape = shape }),
            BatchSize = 16,
            MaxEpochs = 8,
            Optimizer = new AdamW { LearningRate = 0.003 },
            Schedule = new ConstantSchedule(),
            Seed = 3,
        });
        using var student = trainer.CreateStudent(
            new VisionTransformer { PatchSize = 4, Width = 32, HeadWidth = 16, Blocks = 4, InputShape = shape }, 4);
        using var rows = PatternSource.Create(96);

        var history = trainer.Run(student, rows).History;

        Assert.All(history, epoch => Assert.True(double.IsFinite(epoch.Terms["feature_hint"])));
        Assert.True(history[^1].TrainingAccuracy > 0.6, $"{history[^1].TrainingAccuracy}");
    }

    [Fact]
    public void Start_values_are_those_of_torchvision()
    {
        random.manual_seed(6);
        using var network = new VisionTransformer { Width = 192, Blocks = 1 }.Build(10);
        var state = network.Body.state_dict();
        Deviation("conv_proj.weight", Math.Sqrt(1.0 / 768));
        Deviation("encoder.pos_embedding", 0.02);
        // Even between the roots of 6 through inputs and outputs.
        Deviation("encoder.layers.encoder_layer_0.self_attention.in_proj_weight", Math.Sqrt(2.0 / (192 + 576)));
        Deviation("encoder.layers.encoder_layer_0.self_attention.out_proj.weight", Math.Sqrt(1.0 / (3 * 192)));
        Deviation("encoder.layers.encoder_layer_0.mlp.0.weight", Math.Sqrt(2.0 / (192 + 768)));
        Deviation("encoder.layers.encoder_layer_0.mlp.3.weight", Math.Sqrt(2.0 / (192 + 768)));
        Deviation("encoder.layers.encoder_layer_0.mlp.0.bias", 1e-6);
        string[] zeros =
        [
            "class_token", "conv_proj.bias", "encoder.layers.encoder_layer_0.self_attention.in_proj_bias",
            "encoder.layers.encoder_layer_0.self_attention.out_proj.bias", "heads.head.weight", "heads.head.bias",
        ];
        Assert.All(zeros, key => Assert.True(state[key].eq(0).all().item<bool>(), key));
        Assert.All(network.modules().OfType<LayerNorm>(), norm => Assert.Equal(1e-6, norm.eps));

        void Deviation(string key, double expected) =>
            Assert.Equal(1, state[key].std().item<float>() / expected, 5 / Math.Sqrt(state[key].numel()));
    }
}
