using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Objectives that look at features, keep states, or see partners, in a run.</summary>
public sealed class FeatureTrainingTests : IDisposable
{
    private static readonly NetworkArchitecture _network = new SmallCnn { InputShape = new ImageShape(3, 16, 16), Width = 8 };
    private static readonly GivenTeacher _teacher = new(new CifarResNet { Depth = 8, Width = 8, InputShape = new ImageShape(3, 16, 16) });
    private static readonly Objective _hint = new CrossEntropy() + 10 * new FeatureHint();

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        MaxEpochs = 3,
        Optimizer = new Sgd { LearningRate = 0.02 },
        Schedule = new ConstantSchedule(),
        Seed = 3,
    };

    private static readonly Dictionary<string, (TrainingPlan Plan, string[] Terms)> _plans = new()
    {
        ["OnlineLabelSmoothing"] = (_plan with { Objective = new OnlineLabelSmoothing() }, ["cross_entropy", "online_label_smoothing"]),
        ["ClassWiseSelfKd"] = (_plan with { Objective = new ClassWiseSelfKd() }, ["cross_entropy", "class_wise_kl"]),
        ["TargetFreeSelfKd"] = (_plan with { Objective = new CrossEntropy() + new TargetFreeSelfKd { Mu = 0.1 } }, [
            "cross_entropy",
            "target_free_self_kd_target",
            "target_free_self_kd_non_target",
            "target_free_self_kd_weak",
        ]),
        ["FeatureHint"] = (_plan with { Objective = _hint, Teacher = _teacher }, ["cross_entropy", "feature_hint"]),
        ["AttentionTransfer"] = (_plan with
        {
            Objective = new CrossEntropy() + 100 * new AttentionTransfer(),
            Teacher = _teacher,
        }, ["cross_entropy", "attention_transfer"]),
        // Fresh embeddings lie close together, and relations do not depend on their scale: steps must be small.
        ["RelationalKd"] = (_plan with
        {
            Objective = new CrossEntropy() + 0.2 * new RelationalKd(),
            Teacher = _teacher,
            Optimizer = new Sgd { LearningRate = 0.003 },
        }, ["cross_entropy", "relational_distance", "relational_angle"]),
        ["SoftmaxRegressionRepresentation"] = (_plan with
        {
            Objective = new CrossEntropy() + new SoftmaxRegressionRepresentation(),
            Teacher = _teacher,
        }, ["cross_entropy", "softmax_regression_features", "softmax_regression_logits"]),
        ["KnowledgeReview"] = (_plan with
        {
            Objective = new CrossEntropy() + new KnowledgeReview(),
            Teacher = _teacher,
        }, ["cross_entropy", "knowledge_review"]),
        ["OverhaulDistillation"] = (_plan with
        {
            Objective = new CrossEntropy() + 0.001 * new OverhaulDistillation(),
            Teacher = _teacher,
        }, ["cross_entropy", "overhaul"]),
        ["overhaul by a peer"] = (_plan with
        {
            Objective = new CrossEntropy() + 0.001 * new OverhaulDistillation(),
            Teacher = new PeerTeacher(),
        }, ["cross_entropy", "overhaul"]),
        ["ContrastiveRepresentation"] = (_plan with
        {
            Objective = new CrossEntropy() + 0.1 * new ContrastiveRepresentation { Negatives = 64 },
            Teacher = _teacher,
        }, ["cross_entropy", "contrastive_student", "contrastive_teacher"]),
        ["peers"] = (_plan with
        {
            Objective = _hint + new OnlineLabelSmoothing(),
            Teacher = new PeerTeacher(),
        }, ["cross_entropy", "feature_hint", "online_label_smoothing"]),
        ["moving average"] = (_plan with { Objective = _hint, Teacher = new MovingAverageTeacher() }, ["cross_entropy", "feature_hint"]),
    };

    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-features-").FullName;

    public static TheoryData<string> Names => [.. _plans.Keys];

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_network_learns_by_each_term(string name)
    {
        var (plan, terms) = _plans[name];

        var history = Run(plan with { MaxEpochs = 6 }).History;

        Assert.Equal(terms.Order(), history[0].Terms.Keys.Order());
        Assert.All(history, epoch => Assert.All(epoch.Terms.Values, value => Assert.True(double.IsFinite(value) && value != 0)));
        Assert.True(history[^1].TrainingLoss < history[0].TrainingLoss, $"{history[0].TrainingLoss} to {history[^1].TrainingLoss}");
        Assert.True(history[^1].TrainingAccuracy > 0.6, $"{history[^1].TrainingAccuracy}");
    }

    [Theory]
    [InlineData("FeatureHint")]
    [InlineData("ClassWiseSelfKd")]
    [InlineData("TargetFreeSelfKd")]
    [InlineData("peers")]
    public void Live_tensors_stay_as_many_over_sixty_steps(string name)
    {
        // At the ends of epochs, when no batch is being gathered on the other thread; six steps an epoch.
        var counts = new List<long>();
        Run(_plans[name].Plan with
        {
            MaxEpochs = 14,
            // What earlier tests left to the finalizers is not this run's; what this run leaves to them is counted.
            Callbacks = [
                new Watcher { EpochEnd = state => counts.Add(state.History.Count <= 4 ? LiveTensors.Settle() : LiveTensors.Count) },
            ],
        });

        Assert.Equal(14, counts.Count);
        Assert.Equal(counts[3], counts[13]);
    }

    [Fact]
    public void Adapters_change_with_each_epoch_and_are_in_the_checkpoint_but_not_in_the_student()
    {
        var plan = _plans["FeatureHint"].Plan with { CheckpointDirectory = _directory };
        var weights = new List<float[]>();
        var trainer = new Trainer(plan with
        {
            Callbacks = [new Watcher
            {
                EpochEnd = state =>
                {
                    if (state.History.Count > 1)
                        weights.Add(Adapter());
                },
            }],
        });
        using var student = trainer.CreateStudent(_network, 4);
        using var untouched = _network.Build(4);
        trainer.Run(student, PatternSource.Create(96));
        weights.Add(Adapter());

        Assert.Equal(3, weights.Count);
        // 16 channels of the student's third stage, of four, to 16 of the teacher's second, of three.
        Assert.All(weights, values => Assert.Equal(32 * 16, values.Length));
        Assert.NotEqual(weights[0], weights[1]);
        Assert.NotEqual(weights[1], weights[2]);
        Assert.Equal(untouched.state_dict().Keys, student.state_dict().Keys);
        Assert.Equal(untouched.parameters().Count(), student.parameters().Count());

        float[] Adapter()
        {
            using var scope = NewDisposeScope();
            return SafeTensors.Read(Path.Combine(_directory, "checkpoint.safetensors"))["student-objective.0.linear.weight"]
                .data<float>()
                .ToArray();
        }
    }

    [Theory]
    [InlineData("hint and labels")]
    [InlineData("peers")]
    [InlineData("ClassWiseSelfKd")]
    public void A_resumed_run_ends_with_the_weights_and_states_of_an_unbroken_one(string name)
    {
        var plan = name == "hint and labels"
            ? _plan with
            {
                Objective = new OnlineLabelSmoothing() + 10 * new FeatureHint() + new SoftmaxRegressionRepresentation()
                    + new KnowledgeReview() + new ContrastiveRepresentation { Negatives = 32 } + 0.001 * new OverhaulDistillation(),
                Teacher = _teacher,
                Augmentations = [new RandomCrop { Padding = 2 }],
            }
            : _plans[name].Plan;
        plan = plan with { MaxEpochs = 5 };
        var (whole, broken) = (Path.Combine(_directory, "whole"), Path.Combine(_directory, "broken"));
        Run(plan with { CheckpointDirectory = whole });
        using var source = new CancellationTokenSource();
        var stop = new Watcher
        {
            BatchEnd = state =>
            {
                if (state is { Epoch: 2, EpochProgress: > 0.5 })
                    source.Cancel();
            },
        };
        Assert.ThrowsAny<OperationCanceledException>(() =>
            Run(plan with { CheckpointDirectory = broken, Callbacks = [stop] }, token: source.Token));
        var messages = new List<string>();
        Run(plan with { CheckpointDirectory = broken, Callbacks = [new Watcher { Message = messages.Add }] });

        Assert.Contains(messages, message => message.StartsWith("Resumed after epoch 2 of 5 from '", StringComparison.Ordinal));
        using var scope = NewDisposeScope();
        var (expected, actual) = (Read(whole), Read(broken));
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        Assert.Equal(name != "ClassWiseSelfKd", expected.Keys.Any(key => key.StartsWith("student-objective.", StringComparison.Ordinal)));
        Assert.Equal(name == "peers", expected.Keys.Any(key => key.StartsWith("peer-objective.", StringComparison.Ordinal)));
        Assert.All(expected, entry => Assert.True(entry.Value.equal(actual[entry.Key]).all().item<bool>(), entry.Key));
        if (name != "ClassWiseSelfKd")
        {
            var labels =
                expected.Single(entry =>
                    entry.Key.StartsWith("student-objective.", StringComparison.Ordinal)
                        && entry.Key.EndsWith(".labels", StringComparison.Ordinal)).Value;
            Assert.True(labels.sub(0.25).abs().max().item<double>() > 0.01);
        }

        static Dictionary<string, Tensor> Read(string directory) => SafeTensors.Read(Path.Combine(directory, "checkpoint.safetensors"));
    }

    [Fact]
    public void Whoever_looks_at_a_teachers_features_needs_a_teacher()
    {
        Assert.Equal(
            "FeaturesOnly { } needs a teacher, but the plan has none; set Teacher.",
            Refusal(_plan with { Objective = new FeaturesOnly() }));
        Assert.True(double.IsFinite(
            Run(_plan with { MaxEpochs = 1, Objective = new FeaturesOnly(), Teacher = _teacher }).History[0].TrainingLoss));
    }

    [Fact]
    public void A_teacher_that_answers_with_rectified_features_alone_is_refused()
    {
        var teacher = new Rectified(_teacher);
        Assert.Equal(
            $"OverhaulDistillation {{ StagePairs =  }} looks at the teacher's features before the rectifiers, but {teacher} gives none; use a "
                + "teacher with a network at hand, or another objective.",
            Refusal(_plan with { Objective = new OverhaulDistillation(), Teacher = teacher }));
    }

    [Fact]
    public void What_has_no_features_is_refused_before_the_first_batch()
    {
        Assert.Equal(
            "FeatureHint { StudentStage = , TeacherStage =  } looks at the teacher's features by stage, but VirtualTeacher { "
            + "CorrectProbability = 0.99, Temperature = 20, Form = Paper } gives none; "
                + "use a teacher with a network at hand, or an objective on logits.",
            Refusal(_plan with { Objective = new FeatureHint(), Teacher = new VirtualTeacher { Temperature = 20 } }));
        var neverBuilt = new FactoryNetwork("never built", _ => throw new NotSupportedException(), _teacher.Architecture.InputShape);
        Assert.EndsWith(
            "gives none; use a teacher with a network at hand, or an objective on logits.",
            Refusal(_plan with { Objective = new FeatureHint(), Teacher = new EnsembleTeacher(new TrainedTeacher(neverBuilt)) }),
            StringComparison.Ordinal);
        Assert.Equal(
            "Stageless names no stages, so there are no features to look at; override GetStages, or use an objective on logits.",
            Refusal(_plan with { Objective = new CrossEntropy() + new TargetFreeSelfKd() }, new Stageless()));
        Assert.Equal(
            "Stageless names no stages, so there are no features to look at; override GetStages, or use an objective on logits.",
            Refusal(_plan with { Objective = new AttentionTransfer(), Teacher = new GivenTeacher(new Stageless()) }));
        Assert.Equal(
            "Stage 0 of the student returns [16,768], but a feature must have the shape [N,C,H,W].",
            Refusal(_plan with { Objective = new CrossEntropy() + new TargetFreeSelfKd() }, new Stageless("0", "1")));
        Assert.StartsWith(
            "TeacherStage is 3, but the student has the stages 0 to 3 [8x16x16, 16x8x8, 32x4x4, 64x2x2] and the teacher the stages 0 to 2 "
                + "[8x16x16, 16x8x8, 32x4x4] (RelationalKd {",
            Refusal(_plan with { Objective = 2 * new RelationalKd { TeacherStage = 3 } + new CrossEntropy(), Teacher = _teacher }),
            StringComparison.Ordinal);
    }

    private static string Refusal(TrainingPlan plan, NetworkArchitecture? network = null) => Assert.Throws<InvalidOperationException>(() =>
        Run(plan with { Callbacks = [new Watcher { BatchEnd = _ => Assert.Fail("a batch ran") }] }, network)).Message;

    private static TrainingResult Run(TrainingPlan plan, NetworkArchitecture? network = null, CancellationToken token = default)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(network ?? _network, 4);
        return trainer.Run(student, PatternSource.Create(96), null, token);
    }

    private sealed class Watcher : TrainingCallback
    {
        public Action<TrainingState>? BatchEnd { get; init; }

        public Action<TrainingState>? EpochEnd { get; init; }

        public Action<string>? Message { get; init; }

        public override void OnBatchEnd(TrainingState state) => BatchEnd?.Invoke(state);

        public override void OnEpochEnd(TrainingState state) => EpochEnd?.Invoke(state);

        public override void OnMessage(string message, bool isWarning) => Message?.Invoke(message);
    }

    private sealed record FeaturesOnly : Objective
    {
        public override ObjectiveNeeds Needs => ObjectiveNeeds.TeacherFeatures;

        protected override Tensor ComputeCore(ObjectiveInput input)
        {
            return input.Student.Logits.square().mean() * input.RequireTeacher().Features[0].mean();
        }
    }

    /// <summary>A network whose stages, if it names any, are no images.</summary>
    private sealed record Stageless(params string[] Stages) : NetworkArchitecture(new ImageShape(3, 16, 16))
    {
        public override IReadOnlyList<string> GetStages() => Stages;

        public override string ToString() => nameof(Stageless);

        protected override nn.Module<Tensor, Tensor> BuildBody(int classCount) =>
            nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, classCount));
    }

    private sealed record Rectified(TeacherSource Inner) : TeacherSource
    {
        public override bool GivesFeatures => true;

        protected override Teacher OpenCore(TeacherContext context) => Inner.Open(context with { WithPreActivations = false });
    }
}
