using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>What an objective is told where it asks for something that is not there.</summary>
public sealed class ObjectiveInputTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly LossLog _log = new();

    private ObjectiveInput Bare => new(
        new NetworkOutput(zeros(2, 3)), Targets.FromLabels(tensor(new long[] { 0, 2 }), 3), null, new TrainingProgress(0, 1, 0), _log);

    public static TheoryData<Objective> WithState =>
    [
        new AttentionTransfer(), new FeatureHint(), new LogitStandardization { Inner = new SoftTargetKl() }, new OnlineLabelSmoothing(),
        new RelationalKd(), new TargetFreeSelfKd(), new SimilarityPreserving(), new CurriculumTemperatureKd(),
        new ProbabilisticKnowledgeTransfer(), new CorrelationCongruence(), new NeuronSelectivityTransfer(), new VariationalInformation(),
        new SoftmaxRegressionRepresentation(), new KnowledgeReview(), new ContrastiveRepresentation(),
        new OverhaulDistillation(),
    ];

    public void Dispose()
    {
        _log.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void A_missing_teacher_is_named() => Assert.Equal(
        "The objective needs a teacher, but there is none: name a TeacherSource beside it.",
        Assert.Throws<InvalidOperationException>(() => new SoftTargetKl().Compute(Bare)).Message);

    [Fact]
    public void A_missing_classifier_is_named() => Assert.Equal(
        "The objective needs the teacher's classifier, but the teacher's answer has none.",
        Assert.Throws<InvalidOperationException>(() => new SoftmaxRegressionRepresentation().Compute(
            Bare with { Teacher = new TeacherSignal(zeros(2, 3)) })).Message);

    [Fact]
    public void Missing_partners_are_named() => Assert.Equal(
        "The objective needs the student's answers to other images of the rows' classes, but there are none.",
        Assert.Throws<InvalidOperationException>(() => new ClassWiseSelfKd().Compute(Bare)).Message);

    [Fact]
    public void Mixtures_in_place_of_labels_are_named()
    {
        var mixed = Targets.FromProbabilities(full(2, 3, 1.0 / 3));

        Assert.Equal(
            "The objective needs one class a row, but the targets are mixtures.",
            Assert.Throws<InvalidOperationException>(() => new LabelRelaxation().Compute(Bare with { Targets = mixed })).Message);
    }

    [Fact]
    public void A_state_that_was_not_made_is_named_with_its_objective() => Assert.Equal(
        "OnlineLabelSmoothing { Alpha = 0.5 } has no OnlineLabels here: it must be the plan's objective, or be named among its Parts.",
        Assert.Throws<InvalidOperationException>(() => new OnlineLabelSmoothing().Compute(Bare)).Message);

    [Fact]
    public void Nulls_are_named()
    {
        AssertNull("objective", () => Bare.RequireState<OnlineLabels>(null!));
        AssertNull("perRow", () => Bare.OfLabelled(null!));
        AssertNull("perRow", () => Bare.MeanOverRows(null!));
        AssertNull("perRow", () => Bare.MeanOverRows(null!, "term"));
        AssertNull("term", () => _log.Record(null!, zeros([])));
        AssertNull("value", () => _log.Record("term", null!));
        AssertNull("objective", () => _ = 2 * (Objective)null!);
        AssertNull("left", () => _ = (Objective)null! + new CrossEntropy());
        AssertNull("right", () => _ = new CrossEntropy() + (Objective)null!);
        AssertNull("terms", () => _ = new WeightedSum(null!));
        AssertNull("objective", () => _ = new WeightedTerm(1, null!));
        AssertNull("logTarget", () => Divergences.Kl(null!, zeros(2, 3)));
        AssertNull("labels", () => Divergences.NegativeLogLikelihood(null!, zeros(2, 3)));
        AssertNull("logProbabilities", () => Divergences.NegativeLogLikelihood(zeros(2, ScalarType.Int64), null!));
    }

    [Theory]
    [MemberData(nameof(WithState), DisableDiscoveryEnumeration = true)]
    public void Without_a_context_no_state_is_made(Objective objective) =>
        AssertNull("context", () => objective!.CreateState(null!));

    private static void AssertNull(string name, Action action) =>
        Assert.Equal(name, Assert.Throws<ArgumentNullException>(action).ParamName);
}
