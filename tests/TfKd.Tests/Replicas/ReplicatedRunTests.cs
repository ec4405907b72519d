using System.Collections.Concurrent;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>
/// Several replicas take the steps of one process: the same weights but for the order of sums, and the same bits in each.
/// </summary>
public sealed class ReplicatedRunTests : IDisposable
{
    private const double Rounding = 2e-6;

    private static readonly DecodedCache _training = PatternSource.Create(81);
    private static readonly DecodedCache _validation = PatternSource.Create(33, seed: 2);

    private static readonly NetworkArchitecture _network = new FactoryNetwork("without batch norm", classCount => nn.Sequential(
        ("conv", nn.Conv2d(3, 8, 3, stride: 2)), ("relu", nn.ReLU()), ("flatten", nn.Flatten()), ("fc", nn.Linear(8 * 7 * 7, classCount))),
        new ImageShape(3, 16, 16));

    private static readonly NetworkArchitecture _normalized = new FactoryNetwork("with batch norm", classCount => nn.Sequential(
        ("conv", nn.Conv2d(3, 8, 3, stride: 2)), ("bn", nn.BatchNorm2d(8)), ("relu", nn.ReLU()), ("flatten", nn.Flatten()),
        ("fc", nn.Linear(8 * 7 * 7, classCount))), new ImageShape(3, 16, 16));

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 20,
        MaxEpochs = 2,
        Optimizer = new Sgd { LearningRate = 0.02 },
        Augmentations = [new RandomCrop { Padding = 2 }],
        Seed = 3,
    };

    private static readonly Dictionary<string, TrainingPlan> _plans = new()
    {
        ["cross entropy"] = _plan,
        ["AdamW, clipped, averaged"] = _plan with
        {
            Optimizer = new AdamW { LearningRate = 0.002 },
            MaxGradientNorm = 0.5,
            WeightAverage = new WeightAverage { Decay = 0.7 },
        },
        ["two batches a step"] = _plan with { AccumulateSteps = 2 },
        ["rows that weigh more"] = _plan with { ClassWeighting = new EffectiveNumberWeighting { Beta = 0.9 } },
        ["teacher"] = _plan with { Objective = new KnowledgeDistillation { Alpha = 0.5 }, Teacher = new GivenTeacher(_network) },
        ["trained teacher"] = _plan with
        {
            Objective = new KnowledgeDistillation { Alpha = 0.5 },
            Teacher = new TrainedTeacher(_network) { Epochs = 1 },
        },
        ["peer"] = _plan with { Objective = new KnowledgeDistillation { Alpha = 0.5 }, Teacher = new PeerTeacher() },
        ["partners"] = _plan with { Objective = new ClassWiseSelfKd() },
        ["learnt temperature"] = _plan with
        {
            Objective = new CurriculumTemperatureKd { RampEpochs = 1 },
            Teacher = new GivenTeacher(_network),
        },
    };

    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-replicas-").FullName;

    public static TheoryData<string> Cases => [.. _plans.Keys];

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Three_replicas_end_as_one_process_does(string name) => CheckAsOneProcess(_plans[name], 3);

    /// <summary>Of the last batch of 81 rows, of 4 where 7 are in each and of 3 where 13 are, some have none.</summary>
    [Theory]
    [InlineData(1, 20)]
    [InlineData(2, 20)]
    [InlineData(4, 7)]
    [InlineData(8, 13)]
    public void Any_number_of_replicas_ends_as_one_process_does(int count, int batchSize) =>
        CheckAsOneProcess(_plan with { BatchSize = batchSize }, count);

    [Fact]
    public void Running_statistics_are_the_means_of_those_of_the_replicas_and_the_same_in_each()
    {
        var runs = RunAll(_plan, 3, _normalized);
        Assert.All(runs, run => Assert.Equal(runs[0].Weights, run.Weights));
        Assert.All(runs, run => Assert.Equal(runs[0].Result.History[^1].Validation, run.Result.History[^1].Validation));
        // One process normalises by other rows: near, not equal.
        var one = Run(_plan, _normalized);
        Assert.InRange(Distance(one.Weights, runs[0].Weights), 10 * Rounding, 0.05);
    }

    [Fact]
    public void A_teacher_that_follows_the_student_is_the_same_in_each_replica()
    {
        var teacher = new WatchedAverage();
        RunAll(_plan with { Objective = new KnowledgeDistillation { Alpha = 0.5 }, Teacher = teacher }, 3, _normalized);
        // At the ends of two epochs, in three processes.
        Assert.Equal(6, teacher.States.Count);
        Assert.Equal(2, teacher.States.DistinctBy(state => string.Join(' ', state)).Count());
    }

    private sealed record WatchedAverage : TeacherSource
    {
        public ConcurrentBag<float[]> States { get; } = [];

        protected override Teacher OpenCore(TeacherContext context) => new Watched(new MovingAverageTeacher().Open(context), States);

        private sealed class Watched(Teacher inner, ConcurrentBag<float[]> states) : Teacher
        {
            public override void OnStepEnd(long stepCount) => inner.OnStepEnd(stepCount);

            public override void OnEpochEnd() => states.Add(
                [.. ReadState().Where(entry => entry.Value.is_floating_point()).SelectMany(entry => entry.Value.data<float>())]);

            public override IEnumerable<KeyValuePair<string, Tensor>> ReadState() => inner.ReadState();

            public override void LoadState(IReadOnlyDictionary<string, Tensor> state) => inner.LoadState(state);

            protected override TeacherSignal TeachCore(ImageBatch batch) => inner.Teach(batch);

            protected override void DisposeCore() => inner.Dispose();
        }
    }

    [Fact]
    public void Ranges_of_integers_are_the_same_in_each_replica()
    {
        var plan = _plan with { FakeQuantization = new FakeQuantization() };
        var runs = RunAll(plan, 3, _network);
        Assert.All(runs, run => Assert.Equal(runs[0].Weights, run.Weights));
        using var ranges = runs[0].Result.Calibration!.ToTensor();
        Assert.All(runs, run => Assert.Equal(ranges, run.Result.Calibration!.ToTensor()));
        // A sum in another order may be rounded to another integer.
        Assert.InRange(Distance(Run(plan, _network).Weights, runs[0].Weights), 0, 1e-3);
    }

    [Fact]
    public void The_first_stops_all_of_them_and_all_know_why()
    {
        var stopping = new WatchedRun.Watcher { EpochEnd = state => state.RequestStop("enough") };
        var runs = RunAll(_plan with { Callbacks = [stopping] }, 2, _network);
        Assert.All(runs, run => Assert.Equal((1, "enough"), (run.Result.History.Count, run.Result.StopReason)));
    }

    [Fact]
    public void Within_an_epoch_too()
    {
        var plan = _plan with { MaxEpochs = 3, Callbacks = [new WatchedRun.Watcher { BatchEnd = StopInTheSecond }] };
        var runs = RunAll(plan, 2, _network);
        Assert.All(runs, run => Assert.Equal((1, "at once", 0), (run.Result.History.Count, run.Result.StopReason, run.Result.BestEpoch)));

        static void StopInTheSecond(TrainingState state)
        {
            if (state.Epoch == 1)
                state.RequestStop("at once", immediately: true);
        }
    }

    [Theory]
    [InlineData(CancellationOutcome.Throw)]
    [InlineData(CancellationOutcome.KeepBest)]
    public void One_that_is_cancelled_ends_all_of_them_after_the_same_step(CancellationOutcome outcome)
    {
        using var source = new CancellationTokenSource();
        var cancel = new WatchedRun.Watcher { BatchEnd = state => { if (state.Epoch == 1) source.Cancel(); } };
        var runs = ThreadReplicas.Run(2, replicas => Run(
            _plan with { Replicas = replicas, OnCancellation = outcome, Callbacks = [cancel] },
            _network,
            token: replicas.Rank == 0 ? source.Token : CancellationToken.None));
        if (outcome == CancellationOutcome.Throw)
            Assert.All(runs, run => Assert.IsAssignableFrom<OperationCanceledException>(run.Exception));
        else
            Assert.All(runs, run => Assert.Equal(runs[0].Result!.Weights, run.Result!.Weights));
    }

    [Fact]
    public void A_teacher_is_the_best_by_what_the_first_ones_callbacks_watch()
    {
        var plan = _plans["trained teacher"] with { Callbacks = [new EarlyStopping { Metric = ValidationMetric.Loss }] };
        var expected = Run(plan, _network);
        Assert.All(RunAll(plan, 2, _network), run => CheckSame(expected, run));
    }

    [Fact]
    public void A_file_is_given_in_pieces()
    {
        byte[] file = [.. Enumerable.Range(0, 70_000).Select(index => (byte)(index * 7))];
        foreach (var pieceBytes in new[] { 1024, 70_000, 1 << 20 })
        {
            var received = ThreadReplicas.Run(3, replicas =>
            {
                using var stream = replicas.Rank == 0 ? new MemoryStream(file) : new MemoryStream();
                var agreement = new ReplicaAgreement(replicas);
                if (replicas.Rank == 0)
                    SharedCheckpoint.Send(stream, agreement, pieceBytes);
                else
                    SharedCheckpoint.Receive(stream, agreement);
                return stream.ToArray();
            });
            Assert.All(received, run => Assert.Equal(file, run.Result));
        }
    }

    /// <summary>Broken off within the second epoch, and gone on with by others, who do not see the folder but for the first.</summary>
    [Theory]
    [InlineData(2, 3)]
    [InlineData(1, 2)]
    [InlineData(3, 1)]
    public void A_run_goes_on_from_its_checkpoint_with_another_number_of_replicas(int before, int after)
    {
        var plan = _plan with
        {
            MaxEpochs = 3,
            Objective = 0.5 * new CrossEntropy() + 0.5 * new KnowledgeDistillation(),
            Teacher = new GivenTeacher(_network),
            WeightAverage = new WeightAverage(),
        };
        var expected = Run(plan, _network);
        var kept = plan with { CheckpointDirectory = _directory, CheckpointInterval = new() { Time = TimeSpan.FromTicks(1) } };
        Break(kept, before);
        var messages = new List<string>();
        var runs = RunAll(kept with { Callbacks = [new BrokenRun.Listener(messages.Add)] }, after, _network);
        Assert.Contains(messages, message => message.StartsWith("Resumed after step 3 of epoch 2 of 3 from '", StringComparison.Ordinal));
        Assert.All(runs, run => CheckSame(expected, run));
        Assert.Equal(expected.Result.TeacherReport!.Training.Metrics.Count, runs[0].Result.TeacherReport!.Training.Metrics.Count);
    }

    [Fact]
    public void A_run_that_diverges_in_one_ends_in_all_and_the_weights_have_not_changed()
    {
        var runs = ThreadReplicas.Run(3, replicas => Run(
            _plan with { Replicas = replicas, Objective = new CrossEntropy() + new BreakingIn(replicas.Rank == 1) }, _network));
        var exceptions = Array.ConvertAll(runs, run => Assert.IsType<TrainingDivergedException>(run.Exception));
        Assert.Equal("breaking", exceptions[1].Term);
        Assert.StartsWith(
            "The objective of another process is not finite in epoch 1, step 1,", exceptions[0].Message, StringComparison.Ordinal);
        Assert.Equal(exceptions[0].Message, exceptions[2].Message);
    }

    [Fact]
    public void One_that_fails_ends_the_others_with_its_reason()
    {
        var reasons = new string?[3];
        var runs = ThreadReplicas.Run(3, replicas =>
        {
            try
            {
                var teacher = new FailingTeacher(replicas.Rank == 2);
                return Run(_plan with { Replicas = replicas, Teacher = teacher, Objective = new KnowledgeDistillation() }, _network);
            }
            finally
            {
                reasons[replicas.Rank] = replicas.AbortReason;
            }
        });
        Assert.IsType<NotSupportedException>(runs[2].Exception);
        Assert.All(runs[..2], run => Assert.IsType<IOException>(run.Exception));
        Assert.All(reasons, reason => Assert.StartsWith("System.NotSupportedException: the disk is gone", reason, StringComparison.Ordinal));
    }

    private static void CheckAsOneProcess(TrainingPlan plan, int count)
    {
        var expected = Run(plan, _network);
        var runs = RunAll(plan, count, _network);
        Assert.All(runs, run => Assert.Equal(runs[0].Weights, run.Weights));
        Assert.All(runs, run => CheckSame(expected, run));
    }

    private static void CheckSame(RunOutcome expected, RunOutcome run)
    {
        Assert.InRange(Distance(expected.Weights, run.Weights), 0, Rounding);
        Assert.Equal(expected.Result.BestEpoch, run.Result.BestEpoch);
        foreach (var (one, other) in expected.Result.History.Zip(run.Result.History))
        {
            Assert.Equal(one.LearningRate, other.LearningRate);
            Assert.Equal(one.TrainingAccuracy, other.TrainingAccuracy);
            Assert.Equal(one.TrainingLoss, other.TrainingLoss, 1e-5);
            Assert.Equal(one.Terms.Keys, other.Terms.Keys);
            Assert.All(one.Terms, term => Assert.Equal(term.Value, other.Terms[term.Key], 1e-5));
            Assert.Equal(one.TeacherAgreement, other.TeacherAgreement);
            Assert.Equal((one.Validation!.Count, one.Validation.Top1), (other.Validation!.Count, other.Validation.Top1));
            Assert.Equal(one.Validation.NegativeLogLikelihood, other.Validation.NegativeLogLikelihood, 1e-5);
            Assert.Equal(one.PeerValidation?.Top1, other.PeerValidation?.Top1);
        }
    }

    private static void Break(TrainingPlan plan, int count)
    {
        using var source = new CancellationTokenSource();
        var steps = 0;
        var cancel = new BrokenRun.StepCallback(_ => { if (++steps == 7) source.Cancel(); });
        Assert.All(
            ThreadReplicas.Run(count, replicas => Run(
                plan with { Replicas = count == 1 ? null : replicas, Callbacks = [cancel] }, _network, source.Token)),
            run => Assert.IsAssignableFrom<OperationCanceledException>(run.Exception));
    }

    /// <summary>The run that trains the teacher is one within the other, and both have the same processes.</summary>
    [Fact]
    public void One_that_is_cancelled_while_its_teacher_is_trained_ends_all_of_them_by_the_same_exception()
    {
        using var source = new CancellationTokenSource();
        var listener = new BrokenRun.Listener(message =>
        {
            if (message.StartsWith("Teacher", StringComparison.Ordinal))
                source.Cancel();
        });
        var reasons = ThreadReplicas.Run(2, replicas =>
        {
            var plan = _plan with
            {
                Objective = new KnowledgeDistillation(),
                Teacher = new TrainedTeacher(_network) { Epochs = 3 },
                Replicas = replicas,
                Callbacks = [listener],
            };
            Assert.ThrowsAny<OperationCanceledException>(
                () => Run(plan, _network, replicas.Rank == 0 ? source.Token : CancellationToken.None));
            return replicas.AbortReason;
        });
        Assert.All(reasons, reason => Assert.Null(reason.Exception));
        Assert.All(reasons, reason => Assert.Null(reason.Result));
    }

    private static RunOutcome[] RunAll(TrainingPlan plan, int count, NetworkArchitecture network)
    {
        var runs = ThreadReplicas.Run(count, replicas => Run(plan with { Replicas = count == 1 ? null : replicas }, network));
        Assert.All(runs, run => Assert.Null(run.Exception));
        return Array.ConvertAll(runs, run => run.Result!);
    }

    private static RunOutcome Run(TrainingPlan plan, NetworkArchitecture network, CancellationToken token = default)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(network, 4);
        var result = trainer.Run(student, _training, _validation, token);
        using var scope = NewDisposeScope();
        return new([.. student.Body.state_dict().Values.SelectMany(ToArray)], result);
    }

    private static double Distance(float[] left, float[] right) =>
        left.Zip(right).Max(pair => Math.Abs((double)pair.First - pair.Second));

    private static float[] ToArray(Tensor tensor) => tensor.detach().to(ScalarType.Float32).contiguous().data<float>().ToArray();

    private sealed record RunOutcome(float[] Weights, TrainingResult Result);

    // What differs between replicas is not in their text: it would be refused as another plan.
    private sealed record BreakingIn : Objective
    {
        private readonly double _factor;

        public BreakingIn(bool isBroken) => _factor = isBroken ? double.NaN : 0;

        public override ObjectiveNeeds Needs => ObjectiveNeeds.None;

        protected override Tensor ComputeCore(ObjectiveInput input)
        {
            var value = input.Student.Logits.sum() * _factor;
            input.Log.Record("breaking", value);
            return value;
        }
    }

    private sealed record FailingTeacher : TeacherSource
    {
        private readonly bool _isBroken;

        public FailingTeacher(bool isBroken) => _isBroken = isBroken;

        protected override Teacher OpenCore(TeacherContext context) => _isBroken
            ? throw new NotSupportedException("the disk is gone")
            : new GivenTeacher(_network).Open(context);
    }
}
