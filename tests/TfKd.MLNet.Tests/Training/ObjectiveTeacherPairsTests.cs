namespace TfKd.MLNet.Tests;

/// <summary>
/// Every objective with every kind of teacher, and with none. The rule: an objective that listens to nobody wants no teacher; one that
/// listens to answers wants any; one that looks at features wants one with a network at hand. What follows the rule trains, what does not
/// is refused before the first batch.
/// </summary>
public sealed class ObjectiveTeacherPairsTests(ObjectivePairsProblem problem) : IClassFixture<ObjectivePairsProblem>
{
    private const string NoTeacher = "no teacher";
    private const int BatchSize = 16;

    // Two: what a teacher knows of the last epoch, and answers that are kept, count from the second on.
    private const int Epochs = 2;

    private static readonly (Listening Listening, Objective[] Objectives)[] _table =
    [
        (Listening.ToNobody,
        [
            new CrossEntropy(), new LabelSmoothing(), new TfKdRegularization(), new ConfidencePenalty(), new MaxSuppression(),
            new FocalLoss(), new PolyLoss(), new LabelRelaxation(), new OnlineLabelSmoothing(), new ClassWiseSelfKd(),
            new TargetFreeSelfKd(),
            new Ramped { Inner = new FocalLoss() },
            0.5 * new CrossEntropy() + new ConfidencePenalty(),
        ]),
        (Listening.ToAnswers,
        [
            new SoftTargetKl { Temperature = 4 }, new KnowledgeDistillation(), new DecoupledKd(), new NormalizedKd(), new Dist(),
            new WeightedSoftLabelKd(), new MultiLevelKd(), new CurriculumTemperatureKd(), new HardTargetCrossEntropy(),
            new LogitStandardization { Inner = new SoftTargetKl { Temperature = 2 } },
            new Ramped { Inner = new DecoupledKd() },
            0.1 * new CrossEntropy() + 0.9 * new SoftTargetKl { Temperature = 20 },
        ]),
        (Listening.ToFeatures,
        [
            new FeatureHint(), new AttentionTransfer(), new RelationalKd(), new SimilarityPreserving(),
            new ProbabilisticKnowledgeTransfer(), new CorrelationCongruence(), new NeuronSelectivityTransfer(),
            new VariationalInformation(), new SoftmaxRegressionRepresentation(), new KnowledgeReview(),
            new OverhaulDistillation(),
            new ContrastiveRepresentation { Negatives = 64 },
            new Ramped { Inner = new RelationalKd() },
            new CrossEntropy() + new FeatureHint(),
        ]),
        (Listening.ToAClassifier, [new ReusedClassifier(), new CrossEntropy() + new ReusedClassifier()]),
        (Listening.ForSeveralLabels, [new BinaryCrossEntropy(), new BinaryKd(), new BinaryCrossEntropy() + new BinaryKd()]),
    ];

    private enum Listening
    {
        ToNobody,
        ToAnswers,
        ToFeatures,

        // And the student has it from then on.
        ToAClassifier,

        // And so not for these rows, which have one each.
        ForSeveralLabels,
    }

    public static TheoryData<string> Teachers => [NoTeacher, .. TeacherKinds.Names];

    [Fact]
    public void Every_objective_is_in_the_table() => Assert.Equal(
        typeof(Objective).Assembly.GetTypes()
            .Where(type => type is { IsAbstract: false } && type.IsAssignableTo(typeof(Objective)))
            .Select(type => type.Name)
            .Order(),
        _table.SelectMany(entry => entry.Objectives).Select(objective => objective.GetType().Name).Distinct().Order());

    [Theory]
    [MemberData(nameof(Teachers))]
    public void A_pair_trains_or_is_refused_before_the_first_batch(string teacher)
    {
        var kind = teacher == NoTeacher ? null : problem.Teachers[teacher];
        foreach (var (listening, objectives) in _table)
        {
            foreach (var objective in objectives)
            {
                if (Refusal(objective, listening, kind) is { } reason)
                    AssertRefused(objective, kind?.Source, reason);
                else
                    AssertTrains(objective, kind?.Source);
            }
        }
    }

    /// <summary>How the refusal of a pair begins; null where the pair is to train.</summary>
    private static string? Refusal(Objective objective, Listening listening, TeacherKind? teacher) => (listening, teacher) switch
    {
        (Listening.ForSeveralLabels, var kind) when (kind is null) == !objective.Needs.HasFlag(ObjectiveNeeds.Teacher) =>
            $"{objective.Parts.FirstOrDefault() ?? objective} is for rows that may have several labels, but each row has one; ",
        (Listening.ForSeveralLabels, { } kind) => $"The plan has the teacher {kind.Source}, but {objective} does not listen to one; ",
        (Listening.ToNobody, null) => null,
        (Listening.ToNobody, _) => $"The plan has the teacher {teacher.Source}, but {objective} does not listen to one; ",
        (_, null) => $"{objective} needs a teacher, but the plan has none; ",
        (Listening.ToFeatures or Listening.ToAClassifier, { GivesFeatures: false }) =>
            $"{objective} looks at the teacher's features by stage, but {teacher.Source} gives none; ",
        (Listening.ToAClassifier, { Source: MovingAverageTeacher or PeerTeacher }) =>
            $"{objective} gives the student the classifier of a teacher that stays as it is, but {teacher.Source} changes in the run; ",
        _ => null,
    };

    private void AssertRefused(Objective objective, TeacherSource? teacher, string reason)
    {
        var watcher = new Watcher();
        var exception = Record.Exception(() => Run(objective, teacher, watcher));
        Assert.True(
            exception is InvalidOperationException,
            $"{objective} with {teacher?.ToString() ?? NoTeacher} must be refused, but {exception?.ToString() ?? "it trained"}.");
        Assert.StartsWith(reason, exception!.Message, StringComparison.Ordinal);
        Assert.Equal(0, watcher.Batches);
        // Nor does anybody wait for a teacher to be trained in vain.
        Assert.DoesNotContain(watcher.Messages, message => message.StartsWith("Training teacher", StringComparison.Ordinal));
    }

    private void AssertTrains(Objective objective, TeacherSource? teacher)
    {
        var watcher = new Watcher();
        TrainingResult? result = null;
        var exception = Record.Exception(() => result = Run(objective, teacher, watcher));
        var pair = $"{objective} with {teacher?.ToString() ?? NoTeacher}";
        Assert.True(exception is null, $"{pair} must train, but {exception}");
        Assert.Equal(Epochs, result!.History.Count);
        Assert.All(
            result.History,
            metrics => Assert.True(double.IsFinite(metrics.TrainingLoss), $"{pair}: loss {metrics.TrainingLoss} in epoch {metrics.Epoch}"));
        Assert.Equal(Epochs * problem.Rows.Count / BatchSize, watcher.Batches);
        Assert.Equal(teacher is null or PeerTeacher ? null : problem.Rows.Count, result.TeacherReport?.Training.Metrics.Count);
    }

    private TrainingResult Run(Objective objective, TeacherSource? teacher, TrainingCallback watcher)
    {
        var trainer = new Trainer(new TrainingPlan
        {
            Objective = objective,
            Teacher = teacher,
            BatchSize = BatchSize,
            MaxEpochs = Epochs,
            Optimizer = new Sgd { LearningRate = 0.01 },
            Callbacks = [watcher],
        });
        using var student = trainer.CreateStudent(TestModels.Architecture, TestRows.Names.Length);
        return trainer.Run(student, problem.Rows);
    }

    private sealed class Watcher : TrainingCallback
    {
        public int Batches { get; private set; }

        public List<string> Messages { get; } = [];

        public override void OnBatchEnd(TrainingState state) => Batches++;

        public override void OnMessage(string message, bool isWarning) => Messages.Add(message);
    }
}
