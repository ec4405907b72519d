using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Answers over several orientations of an image: in Torch, in ONNX, in runs.</summary>
public sealed class TestTimeAugmentationTests
{
    private const int Classes = 4;

    private static readonly SmallCnn _network = new() { InputShape = new ImageShape(3, 16, 16), Width = 4 };

    public static TheoryData<TestTimeAugmentation> All =>
    [
        TestTimeAugmentation.HorizontalFlip, TestTimeAugmentation.HorizontalAndVerticalFlip, TestTimeAugmentation.FlipsAndRotations,
    ];

    /// <summary>Where each pixel of a 2 x 2 image goes, worked out on paper.</summary>
    [Fact]
    public void Orientations_are_those_of_the_square()
    {
        using var scope = NewDisposeScope();
        var image = tensor(new float[] { 1, 2, 3, 4 }).view(1, 1, 2, 2);
        Assert.Equal(["1234"], Turned(TestTimeAugmentation.None));
        Assert.Equal(["1234", "2143"], Turned(TestTimeAugmentation.HorizontalFlip));
        Assert.Equal(["1234", "2143", "3412", "4321"], Turned(TestTimeAugmentation.HorizontalAndVerticalFlip));
        Assert.Equal(
            ["1234", "2143", "3412", "4321", "1324", "3142", "2413", "4231"], Turned(TestTimeAugmentation.FlipsAndRotations));

        string[] Turned(TestTimeAugmentation augmentation) =>
            [.. Orientation.Of(augmentation).Select(orientation => string.Concat(orientation.Apply(image).contiguous().data<float>()))];
    }

    [Fact]
    public void Images_keep_their_layout()
    {
        using var scope = NewDisposeScope();
        var images = rand(2, 4, 4, 3).permute(0, 3, 1, 2);
        foreach (var orientation in Orientation.Of(TestTimeAugmentation.FlipsAndRotations))
            Assert.Equal(images.stride(), orientation.Apply(images).stride());
    }

    /// <summary>The mean over all turns of an image is that over all turns of the turned image.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public void Predictions_are_means_and_do_not_depend_on_the_orientation(TestTimeAugmentation augmentation)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var network = Build(ScalarType.Float64);
        var images = TestNetworks.Pixels(3, _network.InputShape).to(ScalarType.Float64);
        var plain = network.Predict(images);
        AssertClose(network.call(images), plain, 0);
        network.TestTimeAugmentation = augmentation;
        var orientations = Orientation.Of(augmentation);
        var expected = zeros_like(plain);
        foreach (var orientation in orientations)
            expected += network.call(orientation.Apply(images)) / orientations.Count;
        var found = network.Predict(images);
        AssertClose(expected, found, 1e-12);
        Assert.True((found - plain).abs().max().item<double>() > 1e-4);
        foreach (var orientation in orientations)
            AssertClose(found, network.Predict(orientation.Apply(images)), 1e-12);
        AssertClose(plain, network.call(images), 0);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Onnx_files_predict_the_same(TestTimeAugmentation augmentation)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var network = Build();
        network.TestTimeAugmentation = augmentation;
        var options = new OnnxExportOptions
        {
            InputShape = _network.InputShape,
            TestTimeAugmentation = augmentation,
            Temperature = 2,
            EmbeddingName = "embedding",
            TopK = 2,
        };
        var files = new[] { ScalarType.Byte, ScalarType.Float32 }
            .Select(type => (Type: type, Content: OnnxExporter.Export(network, options with { InputType = type })))
            .ToList();
        using var recorder = new HeadRecorder(network);
        network.to(ScalarType.Float64);
        foreach (var (type, content) in files)
        {
            Assert.Null(OnnxContent.TryRead(content)!.Unbounded());
            using var session = OnnxRun.Open(content);
            foreach (var batch in new[] { 1, 3 })
            {
                var images = TestNetworks.Pixels(batch, _network.InputShape, type);
                var (logits, embedding) = recorder.Predict(images.to(ScalarType.Float64));
                AssertClose(logits / 2, OnnxRun.Score(session, images), 1e-5);
                AssertClose(embedding.to(ScalarType.Float64), OnnxRun.Output(session, images, "embedding"), 1e-5);
                Assert.Equal(batch * 2, OnnxRun.Indices(session, images, "top_indices").Length);
            }
        }
    }

    /// <summary>What a file of the same numbers answers to the turned images, one orientation after another.</summary>
    [Theory]
    [InlineData(OnnxWeights.Float16)]
    [InlineData(OnnxWeights.Int8)]
    public void Smaller_numbers_go_with_it(OnnxWeights weights)
    {
        using var scope = NewDisposeScope();
        using var network = Build();
        var options = new OnnxExportOptions
        {
            InputShape = _network.InputShape,
            Weights = weights,
            Calibration = weights == OnnxWeights.Int8 ? network.Calibrate(PatternSource.Create(16)) : null,
        };
        const TestTimeAugmentation Augmentation = TestTimeAugmentation.FlipsAndRotations;
        using var plain = OnnxRun.Open(OnnxExporter.Export(network, options));
        using var turning = OnnxRun.Open(OnnxExporter.Export(network, options with { TestTimeAugmentation = Augmentation }));
        var images = TestNetworks.Pixels(3, _network.InputShape);
        var scores = Orientation.Of(Augmentation)
            .Select(orientation => OnnxRun.Score(plain, orientation.Apply(images).contiguous()))
            .ToList();
        AssertClose(stack(scores).mean([0]), OnnxRun.Score(turning, images), 1e-5);
        Assert.True((scores[0] - scores[^1]).abs().max().item<double>() > 1e-3);
    }

    [Fact]
    public void Runs_validate_with_it_and_train_without()
    {
        var plan = new TrainingPlan { BatchSize = 16, MaxEpochs = 2, RestoreBestWeights = false, Seed = 3 };
        var (weights, plain) = Run(plan);
        var (same, mirrored) = Run(plan with { TestTimeAugmentation = TestTimeAugmentation.HorizontalFlip });
        Assert.Equal(weights, same);
        Assert.Equal(plain.History[^1].TrainingLoss, mirrored.History[^1].TrainingLoss);
        Assert.NotEqual(plain.History[^1].Validation!.NegativeLogLikelihood, mirrored.History[^1].Validation!.NegativeLogLikelihood);
        Assert.Contains(
            "\nTest-time augmentation: HorizontalFlip\n",
            (plan with { TestTimeAugmentation = TestTimeAugmentation.HorizontalFlip }).Describe(),
            StringComparison.Ordinal);
    }

    /// <summary>Features that are kept are of the image as it is.</summary>
    [Fact]
    public void Frozen_stages_run_in_each_orientation_of_validation_rows()
    {
        var plan = new TrainingPlan { BatchSize = 16, MaxEpochs = 1, FrozenStages = 4, RestoreBestWeights = false, Seed = 3 };
        var (_, plain) = Run(plan);
        var (_, mirrored) = Run(plan with { TestTimeAugmentation = TestTimeAugmentation.HorizontalFlip });
        Assert.NotEqual(plain.History[^1].Validation!.NegativeLogLikelihood, mirrored.History[^1].Validation!.NegativeLogLikelihood);
    }

    [Fact]
    public void Images_that_cannot_be_turned_are_refused()
    {
        const string Expected = "TestTimeAugmentation is FlipsAndRotations, which needs square images, but they are 3x16x24; expected "
            + "another size, or HorizontalAndVerticalFlip. (Parameter 'augmentation')";
        var wide = _network with { InputShape = new ImageShape(3, 16, 24) };
        using var network = wide.Build(Classes);
        network.TestTimeAugmentation = TestTimeAugmentation.HorizontalAndVerticalFlip;
        const TestTimeAugmentation Turned = TestTimeAugmentation.FlipsAndRotations;
        Assert.Equal(Expected, Assert.Throws<ArgumentException>(() => network.TestTimeAugmentation = Turned).Message);
        var options = new OnnxExportOptions { InputShape = wide.InputShape, TestTimeAugmentation = Turned };
        Assert.Equal(Expected, Assert.Throws<ArgumentException>(() => OnnxExporter.Export(network, options)).Message);
        var trainer = new Trainer(new TrainingPlan { TestTimeAugmentation = Turned });
        Assert.Equal(Expected, Assert.Throws<ArgumentException>(() => trainer.CreateStudent(wide, Classes)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => network.TestTimeAugmentation = (TestTimeAugmentation)7);
    }

    private static ImageNetwork Build(ScalarType type = ScalarType.Float32)
    {
        var network = TestNetworks.BuildTrained(_network, Classes);
        network.eval();
        network.to(type);
        return network;
    }

    private static (float[] Weights, TrainingResult Result) Run(TrainingPlan plan)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(_network, Classes);
        var result = trainer.Run(student, PatternSource.Create(48), PatternSource.Create(20));
        Assert.Equal(
            Evaluator.Evaluate(student, PatternSource.Create(20)).NegativeLogLikelihood,
            result.History[^1].Validation!.NegativeLogLikelihood,
            1e-6);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return ([.. student.parameters().SelectMany(parameter => parameter.detach().contiguous().data<float>().ToArray())], result);
    }

    private static void AssertClose(Tensor expected, Tensor found, double tolerance)
    {
        Assert.Equal(expected.shape, found.shape);
        Assert.InRange((expected - found).abs().max().to(ScalarType.Float64).item<double>(), 0, tolerance);
    }
}
