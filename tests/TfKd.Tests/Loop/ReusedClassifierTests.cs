using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>A student with the teacher's classifier: in a run, in its checkpoint, and by itself.</summary>
public sealed class ReusedClassifierTests : IDisposable
{
    private static readonly ImageShape _shape = new(3, 16, 16);
    private static readonly GivenTeacher _teacher = new(new CifarResNet { Depth = 8, Width = 6, InputShape = _shape });
    private static readonly NetworkArchitecture _network =
        new ProjectedNetwork(new CifarResNet { Depth = 8, Width = 4, InputShape = _shape }) { Channels = 24 };

    private static readonly TrainingPlan _plan = new()
    {
        Objective = new ReusedClassifier(),
        Teacher = _teacher,
        BatchSize = 16,
        MaxEpochs = 4,
        Optimizer = new AdamW { LearningRate = 0.02, WeightDecay = 0.1 },
        Schedule = new ConstantSchedule(),
        Seed = 3,
    };

    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-reused-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(0.5)]
    public void The_student_comes_near_the_teacher_and_ends_with_its_classifier(double backboneFactor)
    {
        // A cross entropy would train a classifier.
        var objective = backboneFactor == 1 ? _plan.Objective : new CrossEntropy() + new ReusedClassifier();
        var plan = _plan with { Objective = objective, BackboneLearningRateFactor = backboneFactor };

        using var student = Run(plan, out var result);

        Assert.True(result.History[^1].Terms["reused_classifier"] < 0.7 * result.History[0].Terms["reused_classifier"]);
        using var scope = NewDisposeScope();
        random.manual_seed(17);
        using var teacher = _teacher.Architecture.Build(4);
        var (ours, theirs) = ((Linear)NetworkHead.Find(student).Module, (Linear)NetworkHead.Find(teacher).Module);
        Assert.True(ours.weight.equal(theirs.weight).all().item<bool>());
        Assert.True(ours.bias!.equal(theirs.bias!).all().item<bool>());
        Assert.All(student.parameters(), parameter => Assert.True(parameter.requires_grad));
    }

    [Fact]
    public void A_resumed_run_ends_with_the_weights_of_an_unbroken_one()
    {
        var (whole, broken) = (Path.Combine(_directory, "whole"), Path.Combine(_directory, "broken"));
        Run(_plan with { CheckpointDirectory = whole }, out _).Dispose();
        using var source = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            Run(_plan with { CheckpointDirectory = broken, Callbacks = [new Stop(source)] }, out _, token: source.Token));

        Run(_plan with { CheckpointDirectory = broken }, out _).Dispose();

        using var scope = NewDisposeScope();
        var (expected, actual) = (Read(whole), Read(broken));
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        Assert.All(expected, entry => Assert.True(entry.Value.equal(actual[entry.Key]).all().item<bool>(), entry.Key));

        static Dictionary<string, Tensor> Read(string directory) => SafeTensors.Read(Path.Combine(directory, "checkpoint.safetensors"));
    }

    [Fact]
    public void A_student_whose_last_stage_is_the_teachers_answers_as_it_does()
    {
        using var scope = NewDisposeScope();
        using var teacher = TestNetworks.BuildTrained(_teacher.Architecture, 4);
        using var log = new LossLog();
        using var noGradient = no_grad();
        var answer = teacher.Run(randint(0, 256, [3, 3, 16, 16], ScalarType.Byte), withFeatures: true);

        var value = new ReusedClassifier().Compute(new ObjectiveInput(
            answer, Targets.FromLabels(tensor(new long[] { 0, 1, 2 }), 4), new TeacherSignal(answer.Logits) { Features = answer.Features },
            new TrainingProgress(0, 1, 0), log));

        Assert.Equal(0, value.item<float>());
        Assert.True(TeacherClassifier.Of(teacher)!.Makes(answer.Logits, answer.Features[^1]));
    }

    [Fact]
    public void Value_and_gradient_equal_a_plain_sum_and_central_differences()
    {
        var (small, large) = (new ImageShape(2, 2, 3), new ImageShape(2, 4, 5));
        var numbers = (int count, double shift) => Enumerable.Range(0, count).Select(i => Math.Sin(0.7 * i + shift)).ToArray();
        var (ours, theirs) = (numbers(12, 1), FeatureOracle.Pool(numbers(40, 2), large, 2, 3).SelectMany(channel => channel).ToArray());
        var value = (double[] x) => x.Zip(theirs, (a, b) => (a - b) * (a - b)).Average();
        using var scope = NewDisposeScope();
        using var log = new LossLog();
        var student = tensor(ours, [1, 2, 2, 3], ScalarType.Float64).requires_grad_();

        var computed = new ReusedClassifier().Compute(new ObjectiveInput(
            new NetworkOutput(zeros(1, 2)) { Features = [student] },
            Targets.FromLabels(zeros(1, ScalarType.Int64), 2),
            new TeacherSignal(zeros(1, 2)) { Features = [tensor(numbers(40, 2), [1, 2, 4, 5], ScalarType.Float64)] },
            new TrainingProgress(0, 1, 0),
            log));
        computed.backward();

        Assert.Equal(value(ours), computed.item<double>(), 1e-12);
        // The same by PyTorch, in development.
        Assert.Equal(0.5710956818261536, computed.item<double>(), 1e-12);
        for (var i = 0; i < small.ByteCount; i++)
        {
            var moved = (double by) => value([.. ours.Select((x, k) => k == i ? x + by : x)]);
            Assert.Equal((moved(1e-5) - moved(-1e-5)) / 2e-5, student.grad!.view(-1)[i].item<double>(), 1e-8);
        }
    }

    [Fact]
    public void A_students_layer_without_a_bias_does_not_take_one_with()
    {
        var trainer = new Trainer(_plan);
        using var student = trainer.CreateStudent(_network, 4);
        ((Linear)NetworkHead.Find(student).Module).bias = null;
        Assert.Equal(
            $"ReusedClassifier {{ }} gives the student the teacher's classifier, which has a bias, but that of {_network} has none; give its "
                + "last layer a bias, or set Network to a ProjectedNetwork.",
            Assert.Throws<InvalidOperationException>(() => trainer.Run(student, PatternSource.Create(32))).Message);
    }

    [Fact]
    public void What_cannot_work_is_refused_before_the_first_batch()
    {
        Assert.Equal(
            "ReusedClassifier { } gives the student the teacher's classifier, which reads 24 channels, but the student's last stage has 16"
                + "; set Network to a ProjectedNetwork with Channels = 24.",
            Refusal(_plan, ((ProjectedNetwork)_network).Backbone));
        Assert.Equal(
            "ReusedClassifier { } gives the student the classifier of a teacher that stays as it is, but MovingAverageTeacher { Decay = "
                + "0.99 } changes in the run; use a trained network as the teacher, or another objective.",
            Refusal(_plan with { Teacher = new MovingAverageTeacher() }, _network));
        var squeeze = new SqueezeNet { CifarStem = true, InputShape = _shape };
        Assert.Equal(
            $"ReusedClassifier {{ }} gives the student the teacher's classifier, but {squeeze} has none that is a linear layer on the mean "
                + "over positions of the last stage; set Network to a ProjectedNetwork.",
            Refusal(_plan with { Teacher = new GivenTeacher(new CifarResNet { Depth = 8, Width = 128, InputShape = _shape }) }, squeeze));
        Assert.Equal(
            "ReusedClassifier { } gives the student the teacher's classifier, but LinearProbe fits one to labels; leave one of them out.",
            Refusal(_plan with { LinearProbe = new LinearProbe() }, _network));
        Assert.Equal(
            $"ProjectedNetwork needs a network of the library whose classifier is one linear layer, such as a ResNet, but has {squeeze}.",
            Assert.Throws<InvalidOperationException>(() => new ProjectedNetwork(squeeze).Build(4)).Message);
    }

    [Fact]
    public void Every_network_with_one_linear_layer_behind_its_mean_can_be_projected()
    {
        using var scope = NewDisposeScope();
        NetworkArchitecture[] backbones =
        [
            new SmallCnn { Width = 4 }, new DenseNet { GrowthRate = 4, CifarStem = true }, new GoogLeNet { CifarStem = true },
            new ResNet { StageBlocks = [1, 1], StageWidths = [4, 6], CifarStem = true, NormalizedFeatures = true },
            new WideResNet { Depth = 10, WidenFactor = 1 }, new ResNeXt29 { Cardinality = 2, BaseWidth = 4 },
            new MobileNetV2 { WidthMultiplier = 0.25, CifarStem = true }, new ShuffleNetV2 { WidthMultiplier = 0.5, CifarStem = true },
            new EfficientNet { WidthMultiplier = 0.25, DepthMultiplier = 0.5 }, new ConvNeXt { Width = 8, ThirdStageBlocks = 1 },
        ];
        Assert.All(backbones, backbone =>
        {
            using var network = new ProjectedNetwork(backbone) { Channels = 10, InputShape = new ImageShape(3, 32, 32) }.Build(3);
            network.eval();
            using var noGradient = no_grad();
            var answer = network.Run(randint(0, 256, [2, 3, 32, 32], ScalarType.Byte), withFeatures: true);
            Assert.Equal(10, answer.Features[^1].shape[1]);
            Assert.True(TeacherClassifier.Of(network)!.Makes(answer.Logits, answer.Features[^1]), backbone.ToString());
        });
    }

    private static string Refusal(TrainingPlan plan, NetworkArchitecture network) =>
        Assert.Throws<InvalidOperationException>(() => Run(plan with { Callbacks = [new Never()] }, out _, network)).Message;

    private static ImageNetwork Run(
        TrainingPlan plan, out TrainingResult result, NetworkArchitecture? network = null, CancellationToken token = default)
    {
        var trainer = new Trainer(plan);
        var student = trainer.CreateStudent(network ?? _network, 4);
        try
        {
            result = trainer.Run(student, PatternSource.Create(64), null, token);
            return student;
        }
        catch
        {
            student.Dispose();
            throw;
        }
    }

    private sealed class Stop(CancellationTokenSource source) : TrainingCallback
    {
        public override void OnBatchEnd(TrainingState state)
        {
            if (state is { Epoch: 2, EpochProgress: > 0.5 })
                source.Cancel();
        }
    }

    private sealed class Never : TrainingCallback
    {
        public override void OnBatchEnd(TrainingState state) => Assert.Fail("a batch ran");
    }
}
