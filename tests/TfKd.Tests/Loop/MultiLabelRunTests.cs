namespace TfKd.Tests;

/// <summary>Runs on samples that may have several labels.</summary>
public sealed class MultiLabelRunTests
{
    private static readonly NetworkArchitecture _network = new SmallCnn { InputShape = new ImageShape(3, 16, 16), Width = 8 };

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        MaxEpochs = 6,
        Objective = new BinaryCrossEntropy(),
        Optimizer = new Sgd { LearningRate = 0.1 },
    };

    [Fact]
    public void A_network_learns_to_find_each_class()
    {
        var (result, metrics) = Run(_plan, BlobSource.Create(192));
        Assert.InRange(metrics.MeanAveragePrecision, 0.9, 1);
        Assert.InRange(metrics.MicroF1, 0.85, 1);
        Assert.InRange(metrics.SubsetAccuracy, 0.6, 1);
        Assert.All(result.History, epoch => Assert.Null(epoch.Validation));
        Assert.Equal(metrics with { Classes = [] }, result.Best.LabelValidation! with { Classes = [] });
        Assert.InRange(result.Best.TrainingAccuracy, 0.7, 1);
        Assert.Contains(", validation mAP ", result.Best.ToString(), StringComparison.Ordinal);
        // The best by the mean average precision.
        Assert.Equal(result.History.Max(epoch => epoch.LabelValidation!.MeanAveragePrecision), metrics.MeanAveragePrecision);
    }

    [Fact]
    public void A_student_comes_to_say_what_its_teacher_says_without_any_label()
    {
        var rows = BlobSource.Create(192);
        var trainer = new Trainer(_plan);
        using var teacher = trainer.CreateStudent(_network, rows.ClassNames);
        trainer.Run(teacher, rows);
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "teacher.safetensors");
        NetworkWeights.Save(teacher, path);
        var distilling = new Trainer(_plan with
        {
            Objective = 0.1 * new BinaryCrossEntropy() + 4 * new BinaryKd { Temperature = 2 },
            Teacher = new WeightFileTeacher(_network, path),
            Seed = 7,
        });
        using var student = distilling.CreateStudent(_network, rows.ClassNames);
        // One in twelve has labels.
        var result = distilling.Run(student, BlobSource.Create(192, labelled: 16));
        Assert.Null(result.TeacherReport);
        var validation = BlobSource.Create(64, seed: 2);
        var (ofStudent, ofTeacher) = (Decisions(student, validation), Decisions(teacher, validation));
        Assert.InRange(ofStudent.Zip(ofTeacher).Count(pair => pair.First == pair.Second) / (double)ofTeacher.Length, 0.93, 1);
    }

    [Fact]
    public void Mixtures_with_weights_and_unlabelled_samples_of_several_batches_train()
    {
        var plan = _plan with
        {
            Objective = new BinaryCrossEntropy() + new BinaryKd(),
            Teacher = new TrainedTeacher(_network) { Objective = new BinaryCrossEntropy { Smoothing = 0.1 }, Epochs = 1 },
            Mixing = new RandomMixing(new Mixup { Alpha = 1 }, new CutMix()),
            AccumulateSteps = 2,
            MaxEpochs = 2,
        };
        var (result, _) = Run(plan, BlobSource.Create(64, labelled: 40));
        Assert.All(result.History, epoch => Assert.True(double.IsFinite(epoch.TrainingLoss)));
        Assert.Equal(["binary_cross_entropy", "binary_kd"], result.History[0].Terms.Keys.Order());
        Assert.InRange(result.Best.TrainingAccuracy, 0.3, 1);
    }

    [Fact]
    public void A_resumed_run_ends_as_an_unbroken_one_does()
    {
        using var folder = new TemporaryFolder();
        var rows = BlobSource.Create(64);
        var plan = _plan with { MaxEpochs = 3, Mixing = new Mixup(), Schedule = new ConstantSchedule() };
        var (whole, metrics) = Run(plan, rows);
        Run(plan with { MaxEpochs = 2, CheckpointDirectory = folder.Path }, rows);
        var (resumed, same) = Run(plan with { CheckpointDirectory = folder.Path }, rows);
        Assert.Equal(whole.History.Select(epoch => epoch.TrainingLoss), resumed.History.Select(epoch => epoch.TrainingLoss));
        Assert.Equal(metrics.Classes, same.Classes);
        // Other labels of the same images are other rows.
        var other = BlobSource.Create(64);
        var changed = new DecodedCache(other.Shape, other.ClassNames);
        var pixels = new byte[other.Shape.ByteCount];
        for (var row = 0; row < other.Count; row++)
        {
            other.ReadPixels(row, pixels);
            changed.Add(pixels, row == 5 ? [] : other.Extras!.GetLabels(row));
        }

        Assert.Throws<InvalidOperationException>(() => Run(plan with { CheckpointDirectory = folder.Path }, changed));
    }

    [Fact]
    public void Each_generation_of_itself_teaches_the_next()
    {
        var plan = _plan with
        {
            Objective = new BinaryCrossEntropy() + new BinaryKd(),
            Teacher = new SelfTeacher { Generations = 2, Initial = new BinaryCrossEntropy() },
            MaxEpochs = 1,
        };
        Assert.Equal(["binary_cross_entropy", "binary_kd"], Run(plan, BlobSource.Create(32)).Result.History[0].Terms.Keys.Order());
    }

    [Fact]
    public void Early_stopping_watches_the_mean_average_precision()
    {
        var plan = _plan with { MaxEpochs = 50, Optimizer = new Sgd { LearningRate = 1e-12 } };
        var (result, _) = Run(plan with { Callbacks = [new EarlyStopping { Patience = 2, MinDelta = 1 }] }, BlobSource.Create(32));
        Assert.Equal(3, result.History.Count);
    }

    [Fact]
    public void A_schedule_that_waits_for_a_plateau_sees_the_validation()
    {
        var schedule = new PlateauSchedule { Patience = 0, Gamma = 0.5, MinDelta = 10 };
        var (result, _) = Run(_plan with { MaxEpochs = 3, Schedule = schedule }, BlobSource.Create(32));
        var rates = result.History.Select(epoch => epoch.LearningRate / _plan.Optimizer.LearningRate);
        Assert.Equal([1, 1, 0.5], rates.Select(rate => Math.Round(rate, 6)));
    }

    [Fact]
    public void The_table_of_a_run_has_their_metrics()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "run.csv");
        Run(_plan with { MaxEpochs = 2, Callbacks = [new CsvLog(path)] }, BlobSource.Create(32));
        var lines = File.ReadAllLines(path);
        Assert.EndsWith(
            "validation_map,validation_micro_f1,validation_macro_f1,validation_subset_accuracy,validation_hamming_loss", lines[0]);
        Assert.All(lines, line => Assert.Equal(lines[0].Split(',').Length, line.Split(',').Length));
    }

    [Fact]
    public void What_takes_one_class_a_row_is_refused_with_what_to_use()
    {
        const string Several = "The training rows may have several labels, but ";
        Refused(
            _plan with { Objective = new CrossEntropy() },
            $"{Several}CrossEntropy {{ }} takes one class a row; use BinaryCrossEntropy, and BinaryKd to learn from a teacher.");
        Refused(
            _plan with { Objective = new BinaryCrossEntropy() + new KnowledgeDistillation(), Teacher = new TrainedTeacher(_network) },
            $"{Several}KnowledgeDistillation {{ Alpha = 0.9, Temperature = 4, Form = Hinton, Multiplier = 1 }} takes one class a row; use "
                + "BinaryCrossEntropy, and BinaryKd to learn from a teacher.");
        Refused(
            _plan with { Objective = new BinaryKd(), Teacher = new SelfTeacher() },
            $"{Several}{new SelfTeacher()} is trained first by CrossEntropy {{ }}, which takes one class a row; give it a BinaryCrossEntropy.");
        Refused(
            _plan with { Objective = new BinaryKd(), Teacher = new TrainedTeacher(_network) },
            $"{Several}{new TrainedTeacher(_network)} is trained first by CrossEntropy {{ }}, which takes one class a row; give it a "
                + "BinaryCrossEntropy.");
        Refused(
            _plan with { Objective = new BinaryKd(), Teacher = new VirtualTeacher() },
            $"{Several}{new VirtualTeacher()} answers with one distribution over the classes; use a teacher with a logit a class for a "
                + "sigmoid, such as a TrainedTeacher with a BinaryCrossEntropy.");
        Refused(_plan with { Callbacks = [new OfOneClass()] }, $"{Several}OfOneClass is for one class a row; leave it out.");
        var (cache, trained) = (new TeacherCache { TopK = 2 }, new TrainedTeacher(_network) { Objective = new BinaryCrossEntropy() });
        var ensemble = new EnsembleTeacher(trained, new SelfTeacher()) { Mean = EnsembleMean.Geometric };
        Refused(
            _plan with { Objective = new BinaryKd(), Teacher = ensemble },
            $"{Several}{new SelfTeacher()} is trained first by CrossEntropy {{ }}, which takes one class a row; give it a BinaryCrossEntropy.");
        Refused(
            _plan with { Objective = new BinaryKd(), Teacher = trained, TeacherCache = cache },
            $"{Several}{cache} keeps the teacher's answers as one distribution over the classes; leave Precision at Float32 and TopK at "
                + "null.");
        Refused(
            _plan with { Objective = new BinaryCrossEntropy { PositiveWeights = [1, 2] } },
            "PositiveWeights must have one number a class, 4, but has 2.");
    }

    [Fact]
    public void What_takes_several_labels_is_refused_where_rows_have_one()
    {
        var trainer = new Trainer(_plan with { Objective = new CrossEntropy() + new BinaryCrossEntropy() });
        using var student = trainer.CreateStudent(_network, 4);
        Assert.Equal(
            "BinaryCrossEntropy { PositiveWeights = , Smoothing = 0 } is for rows that may have several labels, but each row has one; use "
                + "CrossEntropy, or KnowledgeDistillation to learn from a teacher.",
            Assert.Throws<InvalidOperationException>(() => trainer.Run(student, PatternSource.Create(32))).Message);
    }

    [Fact]
    public void Rows_of_both_kinds_are_refused()
    {
        var rows = BlobSource.Create(3);
        rows.Add(new byte[rows.Shape.ByteCount], 1);
        Refused(
            _plan, "The training rows before row 3 have any number of labels, but it has one label each; expected the same of all.", rows);
        var trainer = new Trainer(_plan);
        using var student = trainer.CreateStudent(_network, 4);
        Assert.Equal(
            "The training rows have any number of labels, but the validation rows one label each; expected the same of both.",
            Assert.Throws<InvalidOperationException>(() => trainer.Run(student, BlobSource.Create(8), PatternSource.Create(8))).Message);
    }

    [Fact]
    public void A_mixing_that_loses_the_kind_of_the_targets_is_refused() => Refused(
        _plan with { Mixing = new Losing() },
        "Losing.ApplyCore must return targets of the kind that came, of several labels, but returned distributions; see "
            + "Targets.FromIndicators.");

    [Fact]
    public void Ensembles_are_geometric_and_answers_are_logits()
    {
        var (network, file) = (new TrainedTeacher(_network), new TorchScriptTeacher("a.pt") { ClassNames = ["a", "b"] });
        Assert.True(new EnsembleTeacher(network, file) { Mean = EnsembleMean.Geometric }.TakesSeveralLabels);
        Assert.False(new EnsembleTeacher(network, file).TakesSeveralLabels);
        var ofProbabilities = file with { Output = TeacherOutput.Probabilities };
        Assert.False(new EnsembleTeacher(network, ofProbabilities) { Mean = EnsembleMean.Geometric }.TakesSeveralLabels);
        Assert.False(new PreviousEpochTeacher().TakesSeveralLabels);
        Assert.True(new MovingAverageTeacher().TakesSeveralLabels);
    }

    private static void Refused(TrainingPlan plan, string message, IImageSource? rows = null)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(_network, 4);
        Assert.Equal(
            message, Assert.Throws<InvalidOperationException>(() => trainer.Run(student, rows ?? BlobSource.Create(32))).Message);
    }

    private static (TrainingResult Result, MultiLabelMetrics Metrics) Run(TrainingPlan plan, IImageSource rows)
    {
        var (trainer, validation) = (new Trainer(plan), BlobSource.Create(64, seed: 2));
        using var student = trainer.CreateStudent(_network, 4);
        var result = trainer.Run(student, rows, validation);
        return (result, Evaluator.EvaluateLabels(student, validation, batchSize: plan.BatchSize));
    }

    private static bool[] Decisions(ImageNetwork network, IImageSource rows) =>
        [.. Evaluator.Answers(network, rows, 32, features: null, CancellationToken.None).SelectMany(row => row.Logits.Select(z => z > 0))];

    private sealed class OfOneClass : TrainingCallback
    {
        public override bool TakesSeveralLabels => false;
    }

    private sealed record Losing : Mixing
    {
        protected override MixedBatch ApplyCore(TorchSharp.torch.Tensor images, Targets targets, Random random) =>
            new(images, Targets.FromProbabilities(targets.Probabilities));
    }
}
