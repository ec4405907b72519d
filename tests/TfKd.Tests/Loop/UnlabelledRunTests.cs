using TorchSharp;

namespace TfKd.Tests;

/// <summary>Runs in which only a teacher knows what some of the samples are.</summary>
public sealed class UnlabelledRunTests
{
    private static readonly NetworkArchitecture _network = new SmallCnn { InputShape = new ImageShape(3, 16, 16), Width = 4 };

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        MaxEpochs = 2,
        Objective = new KnowledgeDistillation { Alpha = 0.5 },
        Teacher = new GivenTeacher(_network),
    };

    // The head alone, and without a choice.
    private static readonly TrainingPlan _probe = new()
    {
        BatchSize = 16,
        MaxEpochs = 1,
        FrozenStages = 1,
        // Not of the rows, which differ.
        Normalization = ChannelStatistics.ImageNet,
        LinearProbe = new LinearProbe { MirroredImages = false, Strengths = [0.1] },
    };

    [Fact]
    public void Where_labels_weigh_nothing_hiding_them_changes_nothing()
    {
        var plan = _plan with { Objective = new KnowledgeDistillation { Alpha = 1 } };
        var (hidden, shown) = (Run(plan, Rows(48, labelled: 12)), Run(plan, Rows(48, labelled: 48)));
        Assert.Equal(shown.History[^1].TrainingLoss, hidden.History[^1].TrainingLoss, 1e-6);
        var other = Run(_plan, Rows(48, labelled: 12));
        Assert.NotEqual(shown.History[^1].TrainingLoss, other.History[^1].TrainingLoss, 1e-3);
    }

    [Fact]
    public void Accuracy_and_the_teachers_report_are_of_samples_with_a_label()
    {
        var result = Run(_plan, Rows(48, labelled: 12));
        // Twelfths, and no forty-eighths.
        Assert.All(result.History, epoch =>
            Assert.Equal(Math.Round(epoch.TrainingAccuracy * 12), epoch.TrainingAccuracy * 12, 1e-9));
        Assert.Equal(12, result.TeacherReport!.Training.Classes.Sum(figures => figures.Count));
    }

    [Fact]
    public void A_teacher_that_is_trained_first_learns_from_labels_only()
    {
        var said = new List<string>();
        var plan = _plan with { Teacher = new TrainedTeacher(_network) { Epochs = 1 }, Callbacks = [new Listener(said)] };
        Run(plan, Rows(48, labelled: 12));
        // Its own run has no teacher, and would have been refused with rows that have no label.
        Assert.Contains(said, message => message.StartsWith("Teacher 1:", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_head_is_fitted_to_the_answers_of_a_fixed_teacher_where_there_is_no_label(bool isMirrored)
    {
        var said = new List<string>();
        var plan = _probe with
        {
            LinearProbe = new LinearProbe { MirroredImages = isMirrored },
            Teacher = new KnowingTeacher(PatternSource.Create(48)),
            Callbacks = [new Listener(said)],
        };
        // It knows all labels, so that hiding them changes nothing.
        var (hidden, shown) = (Fit(plan, Rows(48, labelled: 12)), Fit(_probe with { LinearProbe = plan.LinearProbe }, Rows(48, labelled: 48)));
        Assert.Equal(shown.Head.Length, hidden.Head.Length);
        Assert.All(shown.Head.Zip(hidden.Head), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        Assert.Equal(shown.Epoch.TrainingLoss, hidden.Epoch.TrainingLoss, 1e-6);
        Assert.Contains(said, message => message.StartsWith(
            "The head was fitted to the features of 48 rows, 36 of them by the teacher's answers, ", StringComparison.Ordinal));
    }

    [Fact]
    public void Of_a_fitted_head_answers_are_right_or_wrong_where_there_is_a_label()
    {
        var epoch = Fit(_probe with { Teacher = new KnowingTeacher(PatternSource.Create(48), Shift: 1) }, Rows(48, labelled: 12)).Epoch;
        Assert.Equal(Math.Round(epoch.TrainingAccuracy * 12), epoch.TrainingAccuracy * 12, 1e-9);
    }

    /// <summary>What it says before the first step is what the student says, which knows nothing.</summary>
    [Fact]
    public void A_head_is_fitted_to_labels_alone_where_the_teacher_follows_the_student()
    {
        var plan = _probe with { MaxEpochs = 2, Objective = new KnowledgeDistillation(), Teacher = new KnowingTeacher(PatternSource.Create(48)) { IsFixed = false } };
        var (hidden, alone) = (Run(plan, Rows(48, labelled: 12)), Run(plan, Rows(12, labelled: 12)));
        Assert.Equal(alone.History[0].TrainingAccuracy, hidden.History[0].TrainingAccuracy, 1e-9);
        Assert.Equal(alone.History[0].TrainingLoss, hidden.History[0].TrainingLoss, 1e-9);
        var only = Assert.Throws<InvalidOperationException>(() => Run(plan with { MaxEpochs = 1 }, Rows(48, labelled: 12)));
        Assert.EndsWith("set MaxEpochs to 2 or more, or take a teacher that is fixed.", only.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_head_for_several_labels_is_fitted_to_a_yes_or_no_of_the_teacher()
    {
        var all = BlobSource.Create(48);
        var plan = _probe with { Objective = new BinaryCrossEntropy() + new BinaryKd(), Teacher = new KnowingTeacher(all) };
        var (hidden, shown) = (Fit(plan, BlobSource.Create(48, labelled: 12)), Fit(_probe with { Objective = new BinaryCrossEntropy() }, all));
        Assert.All(shown.Head.Zip(hidden.Head), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public void Mixtures_and_gradients_of_several_batches_know_them_too()
    {
        var result = Run(_plan with { Mixing = new Mixup { Alpha = 1 }, AccumulateSteps = 2 }, Rows(48, labelled: 12));
        Assert.All(result.History, epoch => Assert.True(double.IsFinite(epoch.TrainingLoss)));
        Assert.InRange(result.History[^1].TrainingAccuracy, 0, 1);
    }

    [Fact]
    public void A_run_within_an_epoch_goes_on_with_what_it_had_counted()
    {
        using var folder = new TemporaryFolder();
        var plan = _plan with { CheckpointDirectory = folder.Path, CheckpointInterval = new() { Time = TimeSpan.FromTicks(1) } };
        var whole = Run(_plan, Rows(48, labelled: 12));
        using var cancellation = new CancellationTokenSource();
        var stopped = plan with { Callbacks = [new StopAfterSteps(cancellation, steps: 2)] };
        Assert.Throws<OperationCanceledException>(() => Run(stopped, Rows(48, labelled: 12), cancellation.Token));
        var resumed = Run(plan, Rows(48, labelled: 12));
        Assert.Equal(whole.History[0].TrainingAccuracy, resumed.History[0].TrainingAccuracy);
    }

    [Fact]
    public void The_weight_of_labels_makes_up_for_those_that_are_missing()
    {
        Assert.Null(RowWeights.LabelScaleOf(Rows(8, labelled: 8), null));
        Assert.Equal(4, RowWeights.LabelScaleOf(Rows(8, labelled: 2), null));
        // Of a weight of 8 rows, 3 have labels.
        Assert.Equal(8 / 3.0, RowWeights.LabelScaleOf(Rows(8, labelled: 2), [2.5f, 0.5f, 0.5f, 0.5f, 1, 1, 1, 1])!.Value, 1e-6);
        Assert.Throws<InvalidOperationException>(() => RowWeights.LabelScaleOf(Rows(8, labelled: 0), null));
    }

    [Fact]
    public void Class_weights_are_of_labels()
    {
        // Of four classes in turn: balanced, they weigh as the rows without a label do.
        Assert.Null(RowWeights.Of(Rows(48, labelled: 12), new InverseFrequencyWeighting()));

        // 2, 1, 1, 1 rows: each class weighs 5 / 4, and the labelled rows 1 in the mean.
        var weights = RowWeights.Of(Rows(9, labelled: 5), new InverseFrequencyWeighting())!;
        Assert.Equal([0.625f, 1.25f, 1.25f, 1.25f, 0.625f, 1, 1, 1, 1], weights, (one, other) => Math.Abs(one - other) < 1e-6);
        Assert.Equal(weights, RowWeights.Of(Rows(9, labelled: 5), new Times100()), (one, other) => Math.Abs(one - other) < 1e-6);
    }

    private sealed record Times100 : ClassWeighting
    {
        public override IReadOnlyList<double> Weights(IReadOnlyList<int> counts) =>
            [.. new InverseFrequencyWeighting().Weights(counts).Select(weight => 100 * weight)];
    }

    [Fact]
    public void They_are_never_held_out()
    {
        var (kept, heldOut) = StratifiedSplit.Cut(Rows(48, labelled: 16), 0.25, seed: 1);
        Assert.Equal((44, 4), (kept.Count, heldOut.Count));
        Assert.DoesNotContain(Targets.Unlabelled, Enumerable.Range(0, 4).Select(heldOut.GetLabel));
    }

    [Fact]
    public void Without_a_teacher_they_are_refused() => Refused(
        new() { Objective = new CrossEntropy() },
        "Training row 12 has no label, and the plan has no teacher that could tell of it; leave such rows out.");

    [Fact]
    public void A_teacher_made_of_labels_is_refused() => Refused(
        _plan with { Teacher = new EnsembleTeacher(new VirtualTeacher(), new GivenTeacher(_network)) },
        " is made of labels; leave such rows out.");

    [Fact]
    public void An_objective_that_needs_every_label_is_refused_by_name() => Refused(
        _plan with { Objective = 0.5 * new CrossEntropy() + new Ramped { Inner = new DecoupledKd() } },
        "Training row 12 has no label, and DecoupledKd { ");

    private static void Refused(TrainingPlan plan, string message)
    {
        var exception = Assert.Throws<InvalidOperationException>(() => Run(plan, Rows(48, labelled: 12)));
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validation_rows_need_labels()
    {
        var trainer = new Trainer(_plan);
        using var student = trainer.CreateStudent(_network, 4);
        var exception = Assert.Throws<InvalidOperationException>(() =>
            trainer.Run(student, Rows(48, labelled: 48), Rows(8, labelled: 4)));
        Assert.StartsWith("The label of validation row 4 is -1; expected", exception.Message, StringComparison.Ordinal);
    }

    private static (float[] Head, EpochMetrics Epoch) Fit(TrainingPlan plan, IImageSource rows)
    {
        if (plan is { Teacher: not null, Objective: CrossEntropy })
            plan = plan with { Objective = new KnowledgeDistillation() };
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(_network, 4);
        var epoch = Assert.Single(trainer.Run(student, rows).History);
        return (((TorchSharp.Modules.Linear)NetworkHead.TryFind(student)!.Module).weight.data<float>().ToArray(), epoch);
    }

    private static TrainingResult Run(TrainingPlan plan, IImageSource rows, CancellationToken token = default)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(_network, 4);
        return trainer.Run(student, rows, null, token);
    }

    /// <summary>The first rows keep their labels.</summary>
    private static DecodedCache Rows(int count, int labelled)
    {
        var all = PatternSource.Create(count);
        var rows = new DecodedCache(all.Shape, all.ClassNames);
        var pixels = new byte[all.Shape.ByteCount];
        for (var row = 0; row < count; row++)
        {
            all.ReadPixels(row, pixels);
            rows.Add(pixels, row < labelled ? all.GetLabel(row) : Targets.Unlabelled);
        }

        return rows;
    }

    /// <summary>Is sure of the labels of the rows of a source, by their numbers.</summary>
    private sealed record KnowingTeacher([property: NotIdentity] IImageSource Source, [property: NotIdentity] int Shift = 0) : TeacherSource
    {
        public bool IsFixed { get; init; } = true;

        public override bool TakesSeveralLabels => true;

        protected override Teacher OpenCore(TeacherContext context) => new Knowing(this);

        private sealed class Knowing(KnowingTeacher knowing) : Teacher
        {
            public override string? Fingerprint => knowing.IsFixed ? "knowing" : null;

            public override bool KnowsTrainingRowsOnly => true;

            protected override TeacherSignal TeachCore(ImageBatch batch)
            {
                var rows = batch.RowIds.ToArray();
                var logits = new float[rows.Length, 4];
                for (var i = 0; i < rows.Length; i++)
                {
                    for (var k = 0; k < 4; k++)
                        logits[i, k] = Says(rows[i], k) ? 40 : -40;
                }

                return new(torch.tensor(logits));
            }

            private bool Says(int row, int k) => LabelSets.AreIn(knowing.Source)
                ? knowing.Source.Extras!.GetLabels(row).Contains(k)
                : (knowing.Source.GetLabel(row) + knowing.Shift) % 4 == k;
        }
    }

    private sealed class Listener(List<string> said) : TrainingCallback
    {
        public override void OnMessage(string message, bool isWarning) => said.Add(message);
    }

    private sealed class StopAfterSteps(CancellationTokenSource cancellation, int steps) : TrainingCallback
    {
        private int _taken;

        public override void OnBatchEnd(TrainingState state)
        {
            if (++_taken == steps)
                cancellation.Cancel();
        }
    }
}
