using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>
/// The names under which the values of an objective's terms stand in logs, charts and metrics, and which objectives take samples without a
/// label. Both are what users write and rely on, so they are written out here.
/// </summary>
public sealed class ObjectiveTermsTests
{
    private static readonly (Objective Objective, bool TakesUnlabelled, string[] Terms)[] _table =
    [
        (new CrossEntropy(), true, ["cross_entropy"]),
        (new LabelSmoothing(), true, ["smoothed_cross_entropy"]),
        (new SoftTargetKl(), true, ["soft_target_kl"]),
        (new KnowledgeDistillation(), true, ["cross_entropy", "soft_target_kl"]),
        (new TfKdRegularization(), false, ["cross_entropy", "virtual_teacher_kl"]),
        (new ConfidencePenalty(), true, ["confidence_penalty"]),
        (new MaxSuppression(), true, ["max_suppression"]),
        (new FocalLoss(), false, ["focal_loss"]),
        (new PolyLoss(), false, ["poly_loss"]),
        (new LabelRelaxation(), false, ["label_relaxation"]),
        (new DecoupledKd(), false, ["non_target_class_kd", "target_class_kd"]),
        (new NormalizedKd(), false, ["non_target_class_kd", "target_class_kd"]),
        (new Dist(), true, ["inter_class_relation", "intra_class_relation"]),
        (new WeightedSoftLabelKd(), false, ["weighted_soft_label_kd"]),
        (new OnlineLabelSmoothing(), false, ["cross_entropy", "online_label_smoothing"]),
        (new ClassWiseSelfKd(), false, ["class_wise_kl", "cross_entropy"]),
        (new TargetFreeSelfKd(), false, ["target_free_self_kd_non_target", "target_free_self_kd_target", "target_free_self_kd_weak"]),
        (new FeatureHint(), true, ["feature_hint"]),
        (new AttentionTransfer(), true, ["attention_transfer"]),
        (new RelationalKd(), true, ["relational_angle", "relational_distance"]),
        (new SimilarityPreserving(), true, ["similarity_preserving"]),
        (new ProbabilisticKnowledgeTransfer(), true, ["probabilistic_knowledge_transfer"]),
        (new CorrelationCongruence(), true, ["correlation_congruence"]),
        (new NeuronSelectivityTransfer(), true, ["neuron_selectivity_transfer"]),
        (new VariationalInformation(), true, ["variational_information"]),
        (new SoftmaxRegressionRepresentation(), true, ["softmax_regression_features", "softmax_regression_logits"]),
        (new KnowledgeReview(), true, ["knowledge_review"]),
        (new OverhaulDistillation(), true, ["overhaul"]),
        (new ContrastiveRepresentation(), true, ["contrastive_student", "contrastive_teacher"]),
        (new ReusedClassifier(), true, ["reused_classifier"]),
        (new HardTargetCrossEntropy(), true, ["hard_target_cross_entropy"]),
        (new MultiLevelKd(), true, ["multi_level_batch", "multi_level_class", "multi_level_instance"]),
        (new CurriculumTemperatureKd(), true, ["curriculum_temperature_kd", "temperature"]),
        (new BinaryCrossEntropy(), true, ["binary_cross_entropy"]),
        (new BinaryKd(), true, ["binary_kd"]),
        (new BinaryCrossEntropy() + new BinaryKd(), true, ["binary_cross_entropy", "binary_kd"]),
        (new LogitStandardization { Inner = new SoftTargetKl() }, true, ["soft_target_kl"]),
        (new LogitStandardization { Inner = new DecoupledKd() }, false, ["non_target_class_kd", "target_class_kd"]),
        (new Ramped { Inner = new FocalLoss() }, false, ["focal_loss"]),
        (new CrossEntropy() + new FocalLoss(), false, ["cross_entropy", "focal_loss"]),
        (new CrossEntropy() + 2 * new MaxSuppression(), true, ["cross_entropy", "max_suppression"]),
    ];

    public static TheoryData<int> Rows => [.. Enumerable.Range(0, _table.Length)];

    [Fact]
    public void Every_objective_is_in_the_table() => Assert.Equal(
        typeof(Objective).Assembly.GetTypes()
            .Where(type => type is { IsAbstract: false } && type.IsAssignableTo(typeof(Objective)))
            .Select(type => type.Name)
            .Order(),
        _table.Select(row => row.Objective.GetType().Name).Distinct().Order());

    [Theory]
    [MemberData(nameof(Rows))]
    public void Terms_have_their_names(int row)
    {
        using var scope = NewDisposeScope();
        var (objective, _, terms) = _table[row];
        var batch = LogitBatch.Random(seed: 2, rows: 4, classes: 5);
        using var log = new LossLog();
        using var states = Evaluation.States(objective, 5, ScalarType.Float64);
        var input = Evaluation.Input(
            LogitBatch.ToTensor(batch.Student), Targets.FromLabels(batch.LabelTensor(), 5), LogitBatch.ToTensor(batch.Teacher), log, states);
        Assert.True(double.IsFinite(objective.Compute(input).item<double>()));
        Assert.Equal(terms, log.Means.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Who_takes_samples_without_a_label_says_so(int row) =>
        Assert.Equal(_table[row].TakesUnlabelled, _table[row].Objective.TakesUnlabelledSamples);
}
