using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Runs whose batches are mixed.</summary>
public sealed class MixingTrainingTests
{
    private static readonly NetworkArchitecture _network = new SmallCnn { InputShape = new ImageShape(3, 16, 16), Width = 8 };

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        MaxEpochs = 2,
        Optimizer = new Sgd { LearningRate = 0.05 },
        Augmentations = [new RandomCrop { Padding = 2 }],
        Mixing = new RandomMixing(new Mixup { Alpha = 1 }, new CutMix()),
        Seed = 3,
    };

    [Fact]
    public void One_seed_gives_one_model_and_another_mixing_another()
    {
        Assert.Equal(Weights(_plan), Weights(_plan));
        Assert.NotEqual(Weights(_plan), Weights(_plan with { Mixing = new CutMix() }));
        Assert.NotEqual(Weights(_plan), Weights(_plan with { Mixing = null }));
    }

    [Fact]
    public void A_network_learns_from_mixtures()
    {
        var result = Train(_plan with { MaxEpochs = 8, Mixing = new Mixup() }, out var student, PatternSource.Create(64, seed: 2));
        student.Dispose();

        Assert.True(result.Best.Validation!.Top1 > 0.9, result.Best.ToString());
    }

    [Fact]
    public void The_teacher_sees_the_mixtures_that_the_student_learns_from()
    {
        var teacher = new WatchingTeacher();
        var objective = new Watching();

        Train(_plan with { Objective = objective, Teacher = teacher, Mixing = new Mixup { Alpha = 1 } }, out var student);
        student.Dispose();

        // 96 rows in batches of 16, twice.
        Assert.Equal(12, teacher.Targets.Count);
        Assert.All(teacher.Targets, targets => Assert.Null(targets.Labels));
        Assert.Equal(teacher.Targets, objective.Targets);
        Assert.All(teacher.Types, type => Assert.Equal(ScalarType.Float32, type));
        Assert.Equal(12, teacher.Means.Distinct().Count());
    }

    [Fact]
    public void Training_accuracy_is_the_agreement_with_the_most_probable_class_of_the_target()
    {
        // All mixtures are mostly of class 2, and the network soon says so.
        var result = Train(
            _plan with
            {
                MaxEpochs = 4,
                Mixing = new MostlyOneClass(),
                Objective = new KnowledgeDistillation(),
                Teacher = new VirtualTeacher(),
            },
            out var student);
        student.Dispose();

        Assert.Equal(1, result.History[^1].TrainingAccuracy);
        Assert.Equal(1, result.TeacherReport!.Training.Metrics.Top1);
        Assert.Equal(1, result.TeacherReport.Training.Agreement);
    }

    [Fact]
    public void Live_tensors_stay_as_many()
    {
        // At the ends of epochs, when no batch is being gathered on the other thread.
        var counts = new List<long>();
        var plan = _plan with
        {
            MaxEpochs = 12,
            Objective = new KnowledgeDistillation(),
            Teacher = new VirtualTeacher(),
            ClassWeighting = new InverseFrequencyWeighting(),
            Augmentations = [
                new RandomResizedCrop(),
                new TrivialAugment(),
                new ColorJitter(),
                new RandomErasing { Fill = ErasingFill.Random },
            ],
            Callbacks = [new EpochCallback(() => counts.Add(counts.Count <= 4 ? LiveTensors.Settle() : LiveTensors.Count))],
        };
        Train(plan, out var student, rows: 90);
        student.Dispose();

        Assert.Equal(12, counts.Count);
        Assert.Equal(counts[3], counts[11]);
    }

    [Fact]
    public void Objectives_of_one_class_a_row_are_refused_before_the_first_batch()
    {
        var plan = _plan with { Mixing = new CutMix() };
        Assert.Equal(
            "PolyLoss { Epsilon = 1 } needs hard labels, but the plan mixes targets with CutMix { Alpha = 1, Probability = 1 }; use "
                + "another objective, or no Mixing.",
            Refusal(plan with { Objective = new PolyLoss() }));
        Assert.Equal(
            "DecoupledKd { Alpha = 1, Beta = 8, Temperature = 4 } needs hard labels, but the plan mixes targets with CutMix { Alpha = 1, "
                + "Probability = 1 }; use another objective, or no Mixing.",
            Refusal(plan with
            {
                Objective = new CrossEntropy() + new Ramped { Inner = new DecoupledKd(), To = 1 },
                Teacher = new VirtualTeacher(),
            }));
        Assert.Equal(
            "ClassWiseSelfKd { Temperature = 4, Weight = 1 } needs hard labels, but the plan mixes targets with Mixup { Alpha = 0.2 }; "
                + "use another objective, or no Mixing.",
            Refusal(_plan with { Mixing = new Mixup(), Objective = new CrossEntropy() + new ClassWiseSelfKd { Temperature = 4 } }));
    }

    [Fact]
    public void Teachers_that_look_rows_up_are_refused_before_the_first_batch() => Assert.Equal(
        "EnsembleTeacher { Members = [UniformTeacher { }, ByRow { }], Weights = , Mean = Arithmetic } knows an answer to each row, but "
        + "the plan mixes images with Mixup { Alpha = 0.2 }, "
        + "and a mixture is none of the rows; use a teacher that looks at the pixels, or no Mixing.",
        Refusal(_plan with
        {
            Mixing = new Mixup(),
            Objective = new KnowledgeDistillation(),
            Teacher = new EnsembleTeacher(new UniformTeacher(), new ByRow()),
        }));

    [Fact]
    public void A_source_that_says_so_is_refused_before_it_is_opened() => Assert.Contains(
        "SaidByRow { } knows an answer to each row, but the plan mixes images",
        Refusal(_plan with { Mixing = new CutMix(), Objective = new KnowledgeDistillation(), Teacher = new SaidByRow() }),
        StringComparison.Ordinal);

    [Fact]
    public void An_ensemble_is_of_rows_where_a_member_is()
    {
        Assert.True(new EnsembleTeacher(new UniformTeacher(), new SaidByRow()).KnowsTrainingRowsOnly);
        Assert.False(new EnsembleTeacher(new UniformTeacher(), new VirtualTeacher()).KnowsTrainingRowsOnly);
    }

    [Fact]
    public void A_cache_of_answers_is_refused_and_none_is_kept()
    {
        var plan = _plan with { Mixing = new Mixup(), Views = 1, Objective = new KnowledgeDistillation(), Teacher = new VirtualTeacher() };
        Assert.Equal(
            "TeacherCache is set, but the plan mixes images with Mixup { Alpha = 0.2 }: each step mixes other rows, and no answer comes "
                + "again. Leave TeacherCache at null, or set it to TeacherCache.Off.",
            Refusal(plan with { TeacherCache = new TeacherCache() }));
        // Without mixing one view would be answered once; here each batch is.
        var run = CachingRun.Of(CachingRun.Plan with { Mixing = new Mixup(), MaxEpochs = 3 });
        Assert.Equal(3 * CachingRun.Rows, run.Asked.Count);
        Assert.Empty(run.Messages);
        Assert.Equal(
            3 * CachingRun.Rows,
            CachingRun.Of(CachingRun.Plan with { Mixing = new Mixup(), MaxEpochs = 3, TeacherCache = TeacherCache.Off }).Asked.Count);
    }

    [Fact]
    public void Features_of_frozen_stages_are_not_kept()
    {
        using var network = new CifarResNet { Depth = 8, Width = 8, InputShape = new ImageShape(3, 16, 16) }.Build(4);
        var plan = _plan with { FrozenStages = network.Architecture.GetStages().Count, Augmentations = [], Mixing = null };

        Assert.True(FeatureReuse.Suits(plan, network));
        Assert.False(FeatureReuse.Suits(plan with { Mixing = new CutMix() }, network));
    }

    [Fact]
    public void The_plans_text_names_the_mixing()
    {
        Assert.Contains(
            "\nMixing: CutMix { Alpha = 0.5, Probability = 1 }\n",
            (_plan with { Mixing = new CutMix { Alpha = 0.5 } }).Describe(),
            StringComparison.Ordinal);
        Assert.Contains("\nMixing: none\n", (_plan with { Mixing = null }).Describe(), StringComparison.Ordinal);
    }

    private static string Refusal(TrainingPlan plan)
    {
        var trainer = new Trainer(plan with { Callbacks = [new BatchCallback(() => Assert.Fail("a batch ran"))] });
        using var student = trainer.CreateStudent(_network, 4);
        return Assert.Throws<InvalidOperationException>(() => trainer.Run(student, PatternSource.Create(16))).Message;
    }

    private static byte[] Weights(TrainingPlan plan)
    {
        Train(plan, out var student);
        using (student)
            return [
                .. student.Body
                    .state_dict()
                    .OrderBy(entry => entry.Key, StringComparer.Ordinal)
                    .SelectMany(entry => entry.Value.detach().cpu().contiguous().bytes.ToArray()),
            ];
    }

    private static TrainingResult Train(TrainingPlan plan, out ImageNetwork student, IImageSource? validation = null, int rows = 96)
    {
        var trainer = new Trainer(plan);
        student = trainer.CreateStudent(_network, 4);
        return trainer.Run(student, PatternSource.Create(rows), validation);
    }

    private sealed record MostlyOneClass : Mixing
    {
        protected override MixedBatch ApplyCore(Tensor images, Targets targets, Random random)
        {
            var rows = tensor([0.1f, 0.1f, 0.6f, 0.2f]).unsqueeze(0).expand(images.shape[0], -1);
            return new MixedBatch(images.alias(), Targets.FromProbabilities(rows));
        }
    }

    private sealed record Watching : Objective
    {
        public List<Targets> Targets { get; } = [];

        public override ObjectiveNeeds Needs => ObjectiveNeeds.Teacher;

        protected override Tensor ComputeCore(ObjectiveInput input)
        {
            Targets.Add(input.Targets);
            return new CrossEntropy().Compute(input);
        }
    }

    private sealed record WatchingTeacher : TeacherSource
    {
        public List<Targets> Targets { get; } = [];

        public List<ScalarType> Types { get; } = [];

        public List<double> Means { get; } = [];

        protected override Teacher OpenCore(TeacherContext context) => new Watcher(this);

        private sealed class Watcher(WatchingTeacher source) : Teacher
        {
            protected override TeacherSignal TeachCore(ImageBatch batch)
            {
                source.Targets.Add(batch.Targets);
                source.Types.Add(batch.Images.dtype);
                source.Means.Add(batch.Images.to(ScalarType.Float64).std().item<double>());
                return new TeacherSignal(zeros(batch.Images.shape[0], 4));
            }
        }
    }

    private sealed record SaidByRow : TeacherSource
    {
        public override bool KnowsTrainingRowsOnly => true;

        protected override Teacher OpenCore(TeacherContext context) => throw new NotSupportedException("It was opened.");
    }

    private sealed record ByRow : TeacherSource
    {
        protected override Teacher OpenCore(TeacherContext context) => new Untouched();

        private sealed class Untouched : Teacher
        {
            public override bool KnowsTrainingRowsOnly => true;

            protected override TeacherSignal TeachCore(ImageBatch batch) => throw new InvalidOperationException("It was asked.");
        }
    }

    private sealed class EpochCallback(Action action) : TrainingCallback
    {
        public override void OnEpochEnd(TrainingState state) => action();
    }

    private sealed class BatchCallback(Action action) : TrainingCallback
    {
        public override void OnBatchEnd(TrainingState state) => action();
    }
}
