using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Values and gradients of the objectives on features.</summary>
public sealed class FeatureObjectiveTests : IDisposable
{
    private static readonly Dictionary<string, Objective> _cases = new Objective[]
    {
        new FeatureHint(),
        new FeatureHint { StudentStage = 0, TeacherStage = 0 },
        new FeatureHint { StudentStage = -1, TeacherStage = -1 },
        new AttentionTransfer(),
        new AttentionTransfer { StagePairs = 1, Exponent = 3 },
        new AttentionTransfer { Form = AttentionTransferForm.Paper },
        new RelationalKd(),
        new RelationalKd { DistanceWeight = 2, AngleWeight = 0, StudentStage = 0, TeacherStage = 1 },
        new RelationalKd { DistanceWeight = 0, AngleWeight = 1 },
        new SimilarityPreserving(),
        new SimilarityPreserving { StudentStage = 0, TeacherStage = 1 },
        new ProbabilisticKnowledgeTransfer(),
        new ProbabilisticKnowledgeTransfer { StudentStage = 0, TeacherStage = 1 },
        new CorrelationCongruence(),
        new CorrelationCongruence { Gamma = 0.7, Order = 3, StudentStage = 0, TeacherStage = 1 },
        new NeuronSelectivityTransfer(),
        new NeuronSelectivityTransfer { StudentStage = 0, TeacherStage = 1 },
        new VariationalInformation(),
        new VariationalInformation { StudentStage = 0, TeacherStage = 1 },
        new SoftmaxRegressionRepresentation(),
        new SoftmaxRegressionRepresentation { StudentStage = 0, FeatureWeight = 2, RegressionWeight = 0.5 },
        new KnowledgeReview(),
        new KnowledgeReview { StagePairs = 1 },
        new OverhaulDistillation(),
        new OverhaulDistillation { StagePairs = 1 },
        new TargetFreeSelfKd { Mu = 0.3 },
        new TargetFreeSelfKd { Alpha = 0.1, Beta = 2, Stage = 1, Ranking = TargetFreeSelfKdRanking.ReferenceCode },
        2 * new FeatureHint() + (new CrossEntropy() + 0.5 * new AttentionTransfer()) + new OnlineLabelSmoothing(),
    }.ToDictionary(objective => objective.ToString());

    private readonly DisposeScope _scope = NewDisposeScope();

    public static TheoryData<string> Names => [.. _cases.Keys];

    public void Dispose() => _scope.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Value_equals_the_plain_double_oracle(string name)
    {
        for (var rows = 1; rows <= 5; rows++)
        {
            var batch = FeatureBatch.Random(rows, rows);
            using var states = FeatureBatch.States(_cases[name]);

            Assert.Equal(Oracle(_cases[name], batch, batch, states), batch.Value(_cases[name]), 1e-9);
        }
    }

    /// <summary>Central differences are of the oracle: parts that the objective takes for constant must not move.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Gradients_of_logits_and_features_equal_central_differences(string name)
    {
        const double Step = 1e-5;
        var batch = FeatureBatch.Random(seed: 11, rows: 4);
        using var states = FeatureBatch.States(_cases[name]);
        var (logits, features) = batch.Leaves();

        batch.Compute(_cases[name], states, logits, features).backward();

        var moved = (double[][] rows, int row, int i, double by) =>
            rows.Select((r, n) => n == row ? [.. r.Select((v, m) => m == i ? v + by : v)] : r).ToArray();
        for (var row = 0; row < 4; row++)
        {
            for (var k = 0; k < batch.Logits.Classes; k++)
                AssertSlope(by =>
                    batch with { Logits = batch.Logits with { Student = moved(batch.Logits.Student, row, k, by) } }, logits, row, k);
            for (var stage = 0; stage < features.Length; stage++)
            {
                for (var i = 0; i < batch.Student[stage][row].Length; i++)
                    AssertSlope(by =>
                        batch with
                        {
                            Student = [
                            .. batch.Student.Select((rows, s) => s == stage ? moved(rows, row, i, by) : rows),
                        ]
                        }, features[stage], row, i);
            }
        }

        void AssertSlope(Func<double, FeatureBatch> change, Tensor leaf, int row, int i)
        {
            var numeric =
                (Oracle(_cases[name], change(Step), batch, states) - Oracle(_cases[name], change(-Step), batch, states)) / (2 * Step);
            Assert.Equal(
                numeric, leaf.grad is { } gradient ? gradient[row].reshape(-1)[i].item<double>() : 0, 1e-7 * (1 + Math.Abs(numeric)));
        }
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(2, 4)]
    [InlineData(3, 3)]
    [InlineData(4, 22)]
    [InlineData(5, 6)]
    public void Gradients_of_adapters_equal_central_differences(int which, int parameterCount)
    {
        const double Step = 1e-5;
        var objective = new Objective[]
        {
            new FeatureHint(), new TargetFreeSelfKd { Mu = 2 }, new VariationalInformation(), new SoftmaxRegressionRepresentation(),
            new KnowledgeReview(), new OverhaulDistillation(),
        }[which];
        var batch = FeatureBatch.Random(seed: 12, rows: 3);
        using var states = FeatureBatch.States(objective);
        var (logits, features) = batch.Leaves();

        batch.Compute(objective, states, logits, features).backward();

        Assert.Equal(parameterCount, states.Parameters.Count());
        foreach (var parameter in states.Parameters)
        {
            using var noGradient = no_grad();
            var flat = parameter.view(-1);
            for (var i = 0; i < flat.shape[0]; i++)
            {
                flat[i].add_(Step);
                var above = batch.Compute(objective, states, logits, features).item<double>();
                flat[i].sub_(2 * Step);
                var below = batch.Compute(objective, states, logits, features).item<double>();
                flat[i].add_(Step);

                Assert.Equal((above - below) / (2 * Step), parameter.grad!.view(-1)[i].item<double>(), 1e-7);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Computing_leaves_one_tensor(string name)
    {
        var batch = FeatureBatch.Random(seed: 13, rows: 4);
        using var states = FeatureBatch.States(_cases[name]);
        using var log = new LossLog();
        var (logits, features) = batch.Leaves();
        var input = new ObjectiveInput(
            new NetworkOutput(logits) { Features = features, PreActivations = features }, Targets.FromLabels(batch.Logits.LabelTensor(), 4),
            new TeacherSignal(LogitBatch.ToTensor(batch.Logits.Teacher))
            {
                Features = batch.TeacherFeatures(),
                PreActivations = batch.TeacherFeatures(),
                Classifier = RepresentationOracle.Classifier,
            },
            new TrainingProgress(0, 1, 0), log)
        { States = states };
        _cases[name].Compute(input).Dispose();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        using var value = _cases[name].Compute(input);

        Assert.Equal(before + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    private static double Oracle(Objective objective, FeatureBatch batch, FeatureBatch constants, ObjectiveStates states)
    {
        return objective switch
        {
            FeatureHint o => FeatureOracle.Hint(batch, Stage(o.StudentStage, 2), Stage(o.TeacherStage, 3), Linear(o)),
            AttentionTransfer o => FeatureOracle.Attention(batch, o, o.StagePairs ?? 2),
            RelationalKd o => FeatureOracle.Relations(OfStudent(o), OfTeacher(o), o.DistanceWeight, o.AngleWeight),
            SimilarityPreserving o => FeatureOracle.Similarities(
                batch.Student[Stage(o.StudentStage, 2)], batch.Teacher[Stage(o.TeacherStage, 3)]),
            ProbabilisticKnowledgeTransfer o => PairOracle.Neighbours(OfStudent(o), OfTeacher(o)),
            CorrelationCongruence o => PairOracle.Correlations(OfStudent(o), OfTeacher(o), o.Gamma, o.Order),
            NeuronSelectivityTransfer o => PairOracle.Selectivities(batch, Stage(o.StudentStage, 2), Stage(o.TeacherStage, 3)),
            VariationalInformation o => PairOracle.Likelihood(
                batch, Stage(o.StudentStage, 2), Stage(o.TeacherStage, 3), PairOracle.Normal.Of(states.Find(o)!)),
            SoftmaxRegressionRepresentation o => RepresentationOracle.SoftmaxRegression(
                batch, o, Stage(o.StudentStage, 2), states.Find(o)!),
            KnowledgeReview o => RepresentationOracle.Review(batch, o.StagePairs ?? 2, states.Find(o)!),
            OverhaulDistillation o => RepresentationOracle.Overhaul(batch, o.StagePairs ?? 2, states.Find(o)!),
            TargetFreeSelfKd o => FeatureOracle.TargetFreeSelfKd(
                o, batch.Logits.Student, Weak(o, batch), batch.Logits.Labels, constants.Logits.Student, Weak(o, constants)),
            WeightedSum o => o.Terms.Sum(term => term.Weight * Oracle(term.Objective, batch, constants, states)),
            _ => ObjectiveOracle.Value(objective, batch.Logits),
        };

        double[][] OfStudent(StagePairObjective o) =>
            FeatureOracle.Embeddings(batch.Student[Stage(o.StudentStage, 2)], FeatureBatch.StudentStages[Stage(o.StudentStage, 2)]);

        double[][] OfTeacher(StagePairObjective o) =>
            FeatureOracle.Embeddings(batch.Teacher[Stage(o.TeacherStage, 3)], FeatureBatch.TeacherStages[Stage(o.TeacherStage, 3)]);

        FeatureOracle.Linear Linear(Objective owner) => FeatureOracle.Linear.Of(states.Find(owner)!);

        double[][] Weak(TargetFreeSelfKd o, FeatureBatch from) =>
            [
                .. FeatureOracle
                    .Embeddings(from.Student[Stage(o.Stage, 2)], FeatureBatch.StudentStages[Stage(o.Stage, 2)])
                    .Select(Linear(o).Map),
            ];
    }

    // Written out, not counted: the middle of two is 1, of three 1.
    private static int Stage(int? stage, int count) => stage switch { null => 1, -1 => count - 1, -2 => count - 2, _ => stage.Value };
}
