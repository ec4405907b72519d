using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Which networks have a linear layer that makes logits of the mean of the last stage, and who is given it.</summary>
public sealed class TeacherClassifierTests : IDisposable
{
    // Activations, norms or layers stand between the last stage and the head of the others.
    private static readonly HashSet<Type> _with =
    [
        typeof(SmallCnn), typeof(CifarResNet), typeof(GoogLeNet), typeof(ResNet), typeof(WideResNet), typeof(ResNeXt29),
        typeof(MobileNetV2), typeof(ShuffleNetV2), typeof(EfficientNet), typeof(ProjectedNetwork),
    ];

    private readonly DisposeScope _scope = NewDisposeScope();

    public static TheoryData<int> Networks => [.. Enumerable.Range(0, TestNetworks.All.Length)];

    public void Dispose() => _scope.Dispose();

    [Theory]
    [MemberData(nameof(Networks))]
    public void A_network_has_one_or_not(int index)
    {
        var architecture = TestNetworks.All[index];
        using var network = TestNetworks.BuildTrained(architecture, 5);
        var shape = architecture.InputShape;
        using var noGradient = no_grad();
        var answer = network.Run(randint(0, 256, [2, shape.Channels, shape.Height, shape.Width], ScalarType.Byte), withFeatures: true);

        var made = TeacherClassifier.Of(network)?.Makes(answer.Logits, answer.Features[^1]) ?? false;

        Assert.Equal(_with.Contains(architecture.GetType()) && architecture is not ResNet { NormalizedFeatures: true }, made);
    }

    [Fact]
    public void Rows_come_in_the_order_of_the_students_classes_and_belong_to_the_caller()
    {
        using var network = TestNetworks.BuildTrained(new SmallCnn { InputShape = new ImageShape(3, 8, 8) }, 3);
        var context = TeacherFixture.Context(3) with { WithFeatures = true, WithClassifier = true };
        using var teacher = new NetworkTeacher(network, ["class 2", "class 0", "class 1"], context, ownsNetwork: false);
        var batch = TeacherFixture.Batch(3, 0, 1, 2) with { Images = randint(0, 256, [3, 3, 8, 8], ScalarType.Byte) };

        var signal = teacher.Teach(batch);

        Assert.True(signal.Classifier!.Makes(signal.Logits, signal.Features[^1]));
        Assert.False(signal.Classifier.Weight.requires_grad);
        Assert.True(signal.Classifier.Weight[2].equal(TeacherClassifier.Of(network)!.Weight[0]).all().item<bool>());
        Assert.False((signal.Classifier with { Bias = signal.Classifier.Bias! + 1 }).Makes(signal.Logits, signal.Features[^1]));
        Assert.False((signal.Classifier with { Weight = zeros(3, 5) }).Makes(signal.Logits, signal.Features[^1]));
        using var plain = new NetworkTeacher(network, context.ClassNames, TeacherFixture.Context(3), ownsNetwork: false);
        Assert.Null(plain.Teach(batch).Classifier);
    }

    [Fact]
    public void A_teacher_without_one_is_refused_before_the_first_batch()
    {
        var trainer = new Trainer(new TrainingPlan
        {
            Objective = new CrossEntropy() + new SoftmaxRegressionRepresentation(),
            Teacher = new GivenTeacher(new SqueezeNet { CifarStem = true, InputShape = new ImageShape(3, 16, 16) }),
            BatchSize = 8,
            MaxEpochs = 1,
        });
        using var student = trainer.CreateStudent(new SmallCnn { Width = 4, InputShape = new ImageShape(3, 16, 16) }, 4);

        Assert.Equal(
            "1 * CrossEntropy { } + 1 * SoftmaxRegressionRepresentation { StudentStage = -1, FeatureWeight = 1, RegressionWeight = 1 } "
                + "uses the classifier of the teacher, but GivenTeacher { Architecture = SqueezeNet { InputShape = 3x16x16, Version = 1, "
                + "CifarStem = True, Dropout = 0.5 } } has none that is a linear layer on the mean over positions of the last stage; use "
                + "a teacher such as ResNet, or another objective.",
            Assert.Throws<InvalidOperationException>(() => trainer.Run(student, PatternSource.Create(16))).Message);
    }
}
