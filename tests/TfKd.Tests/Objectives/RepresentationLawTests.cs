using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>What must hold of objectives that send the student's features through trained layers, for any features.</summary>
public sealed class RepresentationLawTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly FeatureBatch _batch = FeatureBatch.Random(seed: 21, rows: 5);

    public static TheoryData<Objective> Normalized =>
        [new SoftmaxRegressionRepresentation(), new KnowledgeReview(), new KnowledgeReview { StagePairs = 1 }, new OverhaulDistillation()];

    public void Dispose() => _scope.Dispose();

    [Theory]
    [MemberData(nameof(Normalized), DisableDiscoveryEnumeration = true)]
    public void Scale_and_shift_of_the_students_stages_change_nothing(Objective objective)
    {
        ArgumentNullException.ThrowIfNull(objective);
        var changed = _batch with
        {
            Student = [.. _batch.Student.Select(stage => stage.Select(row => row.Select(value => 50 * value + 3).ToArray()).ToArray())],
        };

        // But for the 1e-5 that is added to variances.
        Assert.Equal(_batch.Value(objective), changed.Value(objective), 1e-3);
        Assert.NotEqual(_batch.Value(objective), (_batch with { Teacher = FeatureBatch.Random(22, 5).Teacher }).Value(objective), 1e-3);
    }

    [Theory]
    [MemberData(nameof(Normalized), DisableDiscoveryEnumeration = true)]
    public void A_single_sample_and_samples_that_are_all_the_same_have_finite_gradients(Objective objective)
    {
        ArgumentNullException.ThrowIfNull(objective);
        using var states = FeatureBatch.States(objective);
        var (logits, features) = FeatureBatch.Random(seed: 1, rows: 3).Leaves();
        Tensor[] same = [.. features.Select(feature => zeros_like(feature).requires_grad_())];

        FeatureBatch.Random(seed: 1, rows: 3).Compute(objective, states, logits, same).backward();

        Assert.All(same, feature => Assert.True(feature.grad is null || isfinite(feature.grad).all().item<bool>()));
        Assert.All(states.Parameters, parameter => Assert.True(isfinite(parameter.grad!).all().item<bool>()));
        Assert.True(double.IsFinite(FeatureBatch.Random(seed: 1, rows: 1).Value(objective)));
    }

    [Fact]
    public void The_classifiers_answers_grow_with_its_weights_and_its_bias_is_in_both()
    {
        var objective = new SoftmaxRegressionRepresentation { FeatureWeight = 0 };
        var (weight, bias) = (randn(4, 4, ScalarType.Float64), randn(4, ScalarType.Float64));

        var value = Value(new(weight, bias));

        Assert.Equal(value, Value(new(weight, null)), 1e-12);
        Assert.Equal(9 * value, Value(new(-3 * weight, 7 * bias)), 1e-10);

        double Value(TeacherClassifier classifier)
        {
            using var log = new LossLog();
            using var states = FeatureBatch.States(objective);
            var (logits, features) = _batch.Leaves();
            return objective.Compute(new ObjectiveInput(
                new NetworkOutput(logits) { Features = features },
                Targets.FromLabels(_batch.Logits.LabelTensor(), 4),
                new TeacherSignal(zeros(5, 4)) { Features = _batch.TeacherFeatures(), Classifier = classifier },
                new TrainingProgress(0, 1, 0),
                log)
            { States = states }).item<double>();
        }
    }

    [Fact]
    public void Only_the_last_stages_count_with_one_pair()
    {
        var other = _batch with { Student = [FeatureBatch.Random(23, 5).Student[0], _batch.Student[1]] };

        Assert.Equal(_batch.Value(new KnowledgeReview { StagePairs = 1 }), other.Value(new KnowledgeReview { StagePairs = 1 }));
        Assert.NotEqual(_batch.Value(new KnowledgeReview()), other.Value(new KnowledgeReview()), 1e-3);
    }

    /// <summary>A student that is below a teacher who is below 0 costs nothing; the mean below 0 is of all batches so far.</summary>
    [Fact]
    public void What_the_rectifier_cuts_off_costs_nothing()
    {
        var context = new ObjectiveContext(2, CPU) { StudentStages = [new(1, 1, 2)], TeacherStages = [new(1, 1, 2)] };
        var objective = new OverhaulDistillation();
        using var states = ObjectiveStates.Create(objective, context);
        var pair = ((OverhaulState)states.Find(objective)!)[0];
        // Its norm gives the bias alone for one value a channel.
        using (no_grad())
        {
            foreach (var (name, parameter) in pair.named_parameters())
                parameter.fill_(name == "norm.bias" ? -3 : 0);
        }

        Assert.Equal(0, Value(-1, -2), 1e-6);
        // 1 is above 0, and the student at -3.
        Assert.Equal(16, Value(1, -6), 1e-5);
        // -1, -2 and -6 so far; with -3 and -5 the mean is -3.4.
        Assert.Equal([-3, -3.4f], pair.Limit(tensor([-3.0f, -5]).view(1, 1, 1, 2), null).data<float>().ToArray());

        double Value(float first, float second)
        {
            using var log = new LossLog();
            return objective.Compute(new ObjectiveInput(
                new NetworkOutput(zeros(1, 2)) { PreActivations = [zeros(1, 1, 1, 2)] },
                Targets.FromLabels(zeros(1, ScalarType.Int64), 2),
                new TeacherSignal(zeros(1, 2)) { PreActivations = [tensor([first, second]).view(1, 1, 1, 2)] },
                new TrainingProgress(0, 1, 0),
                log)
            { States = states }).item<float>();
        }
    }
}
