using System.Collections.Concurrent;
using Microsoft.ML;
using static TorchSharp.torch;
using Options = TfKd.MLNet.TorchImageClassificationTrainer.Options;

namespace TfKd.MLNet.Tests;

/// <summary>Options as a teacher, and small students that are taught by one in their own Fit, with photos that have no label.</summary>
public sealed class SmallStudentTests
{
    // Of each setting a value that is no default.
    private static readonly Dictionary<string, object> Changed = new()
    {
        [nameof(TeacherRecipe.InitialWeights)] = Pretrained.ResNet18,
        [nameof(TeacherRecipe.LinearProbe)] = new LinearProbe(),
        [nameof(TeacherRecipe.FrozenStages)] = 1,
        [nameof(TeacherRecipe.FreezeBatchNormStatistics)] = true,
        [nameof(TeacherRecipe.BackboneLearningRateFactor)] = 0.5,
        [nameof(TeacherRecipe.Normalization)] = ChannelStatistics.ImageNet,
        [nameof(TeacherRecipe.ImageWidth)] = 40,
        [nameof(TeacherRecipe.ImageHeight)] = 48,
        [nameof(TeacherRecipe.Augmentations)] = new Augmentation[] { new HorizontalFlip() },
        [nameof(TeacherRecipe.Mixing)] = new Mixup(),
        [nameof(TeacherRecipe.BatchSize)] = 7,
        [nameof(TeacherRecipe.AccumulateSteps)] = 2,
        [nameof(TeacherRecipe.Optimizer)] = new AdamW(),
        [nameof(TeacherRecipe.MaxGradientNorm)] = 3.0,
        [nameof(TeacherRecipe.WeightAverage)] = new WeightAverage(),
        [nameof(TeacherRecipe.Schedule)] = new ConstantSchedule(),
    };

    public static TheoryData<string> RecipeSettings =>
        [.. typeof(TeacherRecipe).GetProperties().Where(property => property.SetMethod is { IsPublic: true })
            .Select(property => property.Name)];

    [Theory]
    [MemberData(nameof(RecipeSettings))]
    public void An_option_reaches_the_recipe_of_its_teacher(string name)
    {
        Assert.True(Changed.TryGetValue(name, out var value), $"TeacherRecipe.{name}: list another value of it here.");
        var options = new Options { Network = new SmallCnn() };
        if (name is nameof(TeacherRecipe.FrozenStages) or nameof(TeacherRecipe.FreezeBatchNormStatistics))
            options = options with { InitialWeights = Pretrained.ResNet18 };
        var option = typeof(Options).GetProperty(name);
        Assert.True(option is not null, $"TeacherRecipe.{name} has no option of its name.");
        option.SetValue(options, value);
        Assert.Equal(value, typeof(TeacherRecipe).GetProperty(name)!.GetValue(options.ToTeacher().Recipe));
    }

    [Fact]
    public void Network_objective_and_epochs_are_the_teachers()
    {
        var teacher = PhotoRecipe.FineTuned(160).ToTeacher();
        var options = PhotoRecipe.FineTuned(160);
        Assert.Equal((options.Network, options.Objective, options.MaxEpochs), (teacher.Architecture, teacher.Objective, teacher.Epochs));
        Assert.Equal(Pretrained.ResNet18, teacher.Recipe!.InitialWeights);
        // At the size of the weights, whatever the student's is.
        Assert.Equal((224, 224), (teacher.Recipe.ImageWidth, teacher.Recipe.ImageHeight));
        Assert.Equal(0, new Options().ToTeacher().Recipe!.ImageWidth);
        var slower = teacher with { Recipe = teacher.Recipe with { Optimizer = new AdamW { LearningRate = 0.00001 } } };
        Assert.Contains("LearningRate = 1E-05", slower.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_with_a_teacher_are_none() => Assert.StartsWith(
        "The options have the teacher UniformTeacher { }, but one that is made of them is trained on labels alone",
        Assert.Throws<ArgumentException>(() => new Options { Teacher = new UniformTeacher() }.ToTeacher()).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData(20)]
    [InlineData(160)]
    [InlineData(50_000)]
    public void Recipe_is_a_student_of_the_fine_tuned_network(int photos)
    {
        var options = PhotoRecipe.TaughtStudent(photos);
        var fineTuned = PhotoRecipe.FineTuned(photos) with { ImageWidth = options.ImageWidth, ImageHeight = options.ImageHeight };
        Assert.Equal(fineTuned.ToTeacher(), options.Teacher);
        Assert.Equal(new FirstLayers(Pretrained.ResNet18), options.InitialWeights);
        // The teacher is for photos with a label, the student's epochs for all.
        var more = PhotoRecipe.TaughtStudent(photos, unlabelledCount: 3 * photos);
        Assert.Equal(options.Teacher, more.Teacher);
        Assert.Equal(PhotoRecipe.TaughtStudent(4 * photos).MaxEpochs, more.MaxEpochs);
        Assert.True(more.MaxEpochs <= options.MaxEpochs);
        var larger = PhotoRecipe.TaughtStudent(photos, imageSize: 224);
        Assert.Equal((fineTuned with { ImageWidth = 224, ImageHeight = 224 }).ToTeacher(), larger.Teacher);
        Assert.Equal((options with { Teacher = larger.Teacher }).ToPlan().ToString(), larger.ToPlan().ToString());
        Assert.Equal((224, 224), (larger.ImageWidth, larger.ImageHeight));
        Assert.Throws<ArgumentOutOfRangeException>(() => PhotoRecipe.TaughtStudent(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => PhotoRecipe.TaughtStudent(1, imageSize: 0));
    }

    [Fact]
    public void Small_student_is_a_classifier_with_a_teacher_where_photos_have_no_label()
    {
        var (alone, taught) = (PhotoRecipe.SmallStudent(40), PhotoRecipe.SmallStudent(40, unlabelledCount: 120));
        Assert.Equal((1, 3, null), (alone.MaxEpochs, alone.FrozenStages, alone.Teacher));
        Assert.Equal(new CrossEntropy(), alone.Objective);
        Assert.Equal(PhotoRecipe.FineTuned(40).ToTeacher() with { ReadsFiles = true }, taught.Teacher);
        Assert.Equal((1, 3), (taught.MaxEpochs, taught.FrozenStages));
        Assert.Equal(new BinaryCrossEntropy(), PhotoRecipe.SmallStudent(40, labels: new MultipleLabels()).Objective);
        Assert.Throws<ArgumentOutOfRangeException>(() => PhotoRecipe.SmallStudent(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => PhotoRecipe.SmallStudent(1, unlabelledCount: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => PhotoRecipe.SmallStudent(1, imageSize: 0));
    }

    [Fact]
    public void Small_student_learns_of_photos_without_a_label()
    {
        var ml = new MLContext(seed: 1);
        var rows = TrainingRuns.Rows(ml, 30);
        var recipe = PhotoRecipe.SmallStudent(30, unlabelledCount: 12);
        var teacher = (TrainedTeacher)recipe.Teacher!;
        var said = new List<string>();
        var options = recipe with
        {
            ImageWidth = 48,
            ImageHeight = 48,
            BatchSize = 8,
            UnlabelledSet = ml.Data.LoadFromEnumerable(TestRows.Make(42).Skip(30).Select(row => new { row.Image }).ToList()),
            Teacher = teacher with { Epochs = 2, Recipe = teacher.Recipe! with { ImageWidth = 0, ImageHeight = 0 } },
            MessageCallback = said.Add,
        };
        using var model = ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(rows);
        Assert.InRange(model.Model.Onnx.Length, 1, 3_000_000);
        Assert.InRange(ml.MulticlassClassification.Evaluate(model.Transform(rows)).MicroAccuracy, 0.9, 1);
        Assert.Equal(12, model.Model.Card.Training.UnlabelledRows);
        Assert.Contains(said, message => message.StartsWith(
            "The head was fitted to the features of 42 rows, 12 of them by the teacher's answers", StringComparison.Ordinal));
        // Without those photos it is another one, in one epoch, too.
        using var alone = ml.MulticlassClassification.Trainers.TorchImageClassification(
            PhotoRecipe.SmallStudent(30) with { ImageWidth = 48, ImageHeight = 48 }).Fit(rows);
        Assert.NotEqual(alone.Model.Card.WeightsSha256, model.Model.Card.WeightsSha256);
        Assert.InRange(ml.MulticlassClassification.Evaluate(alone.Transform(rows)).MicroAccuracy, 0.9, 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Teacher_sees_photos_at_its_own_size_where_they_are_files(bool areFiles)
    {
        var folder = Directory.CreateTempSubdirectory("tfkd-student-").FullName;
        try
        {
            var ml = new MLContext(seed: 1);
            var (rows, more) = (TestRows.Make(24), TestRows.Make(30).Skip(24).ToList());
            var said = new List<string>();
            var recipe = PhotoRecipe.SmallStudent(24, unlabelledCount: 6);
            var teacher = (TrainedTeacher)recipe.Teacher!;
            var options = recipe with
            {
                ImageColumnName = areFiles ? "ImagePath" : "Image",
                ImageWidth = 32,
                ImageHeight = 32,
                BatchSize = 8,
                UnlabelledSet = ml.Data.LoadFromEnumerable(more.Select(row => new { row.Image, ImagePath = Write(row) }).ToList()),
                Teacher = teacher with { Epochs = 1, Recipe = teacher.Recipe! with { ImageWidth = 64, ImageHeight = 64 } },
                MessageCallback = said.Add,
            };
            var labelled = TestRows.WithKeys(ml, ml.Data.LoadFromEnumerable(rows.Select(row => new { row.Image, row.Label, ImagePath = Write(row) }).ToList()));
            using var model = ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(labelled);
            Assert.Contains(said, message => message.StartsWith("Training teacher 1: ResNet", StringComparison.Ordinal)
                && message.Contains("3x64x64", StringComparison.Ordinal));
            Assert.Equal(areFiles, !said.Any(message => message.Contains("sees the student's images, resized", StringComparison.Ordinal)));
            Assert.Contains(said, message => message.Contains("6 of them by the teacher's answers", StringComparison.Ordinal));
            Assert.Contains("ReadsFiles = True", model.Model.Card.Training.Plan, StringComparison.Ordinal);

            string Write(InputRow row)
            {
                var path = Path.Combine(folder, $"{row.Number}.png");
                File.WriteAllBytes(path, row.Image);
                return path;
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Recipe_trains_a_student_of_three_megabytes_that_predicts()
    {
        var ml = new MLContext(seed: 1);
        var rows = TrainingRuns.Rows(ml, 30);
        var recipe = PhotoRecipe.TaughtStudent(30);
        var teacher = (TrainedTeacher)recipe.Teacher!;
        var options = recipe with
        {
            ImageWidth = 48,
            ImageHeight = 48,
            BatchSize = 8,
            MaxEpochs = 3,
            Teacher = teacher with { Epochs = 2, Recipe = teacher.Recipe! with { ImageWidth = 0, ImageHeight = 0 } },
        };
        using var model = ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(rows);
        Assert.InRange(model.Model.Onnx.Length, 1, 3_000_000);
        Assert.InRange(ml.MulticlassClassification.Evaluate(model.Transform(rows)).MicroAccuracy, 0.9, 1);
        Assert.Equal(OnnxWeights.Int8, model.Model.Card.OnnxWeights);
        var plan = model.Model.Card.Training.Plan;
        Assert.Contains("Initial weights: FirstLayers { Weights = FeaturizerWeights { Depth = 18 } }", plan, StringComparison.Ordinal);
        Assert.Contains("Teacher: TrainedTeacher { Architecture = ResNet {", plan, StringComparison.Ordinal);
        Assert.Contains("Recipe = TeacherRecipe { InitialWeights = FeaturizerWeights { Depth = 18 }", plan, StringComparison.Ordinal);
    }

    [Fact]
    public void Recipe_trains_a_student_of_photos_with_several_labels()
    {
        var ml = new MLContext(seed: 1);
        var rows = ml.Data.LoadFromEnumerable(ShapePhotos.Make(60));
        var recipe = PhotoRecipe.TaughtStudent(60, labels: new MultipleLabels());
        var teacher = (TrainedTeacher)recipe.Teacher!;
        Assert.Equal(
            (PhotoRecipe.TaughtStudent(60) with { Objective = recipe.Objective, Teacher = teacher }).ToPlan().ToString(),
            recipe.ToPlan().ToString());
        Assert.Equal((PhotoRecipe.FineTuned(60) with { Labels = recipe.Labels }).ToTeacher().Objective, teacher.Objective);
        Assert.Equal(
            "0.5 * BinaryCrossEntropy { PositiveWeights = , Smoothing = 0 } + 0.5 * BinaryKd { Temperature = 2 }",
            recipe.Objective.ToString());
        var options = recipe with
        {
            LabelColumnName = "Tags",
            ImageWidth = 48,
            ImageHeight = 48,
            BatchSize = 8,
            MaxEpochs = 3,
            UnlabelledSet = ml.Data.LoadFromEnumerable(ShapePhotos.Make(12, seed: 4).Select(row => new { row.Image }).ToList()),
            Teacher = teacher with { Epochs = 2, Recipe = teacher.Recipe! with { ImageWidth = 0, ImageHeight = 0 } },
        };
        using var model = ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(rows);
        Assert.InRange(model.Model.Onnx.Length, 1, 3_000_000);
        Assert.Equal((OnnxWeights.Int8, 12), (model.Model.Card.OnnxWeights, model.Model.Card.Training.UnlabelledRows));
        var metrics = ml.MulticlassClassification.EvaluateMultiLabel(model.Transform(rows), "Tags");
        Assert.InRange(metrics.MeanAveragePrecision, 0.9, 1);
    }

    [Fact]
    public void Teacher_learns_from_labels_alone_and_the_student_from_all()
    {
        var (seen, answered) = (new ConcurrentBag<long>(), new ConcurrentBag<long>());
        var teacher = TrainingRuns.Options with { MaxEpochs = 2, Objective = new Watched(new CrossEntropy(), seen) };
        var options = TrainingRuns.Options with
        {
            ValidationSetFraction = null,
            Objective = new Watched(new KnowledgeDistillation { Alpha = 1 }, answered),
            Teacher = teacher.ToTeacher(),
        };
        var rows = TestRows.Make(30);
        using var with = Fit(options with { UnlabelledSet = Unlabelled() }, rows);
        // Two epochs of 30 rows with a label, and three of those and twelve without one.
        Assert.Equal((60, 126), (seen.Sum(), answered.Sum()));
        using var without = Fit(options, rows);
        Assert.Equal((120, 216), (seen.Sum(), answered.Sum()));
        var (card, other) = (with.Model.Card, without.Model.Card);
        Assert.NotEqual(other.WeightsSha256, card.WeightsSha256);
        Assert.Equal((12, 0), (card.Training.UnlabelledRows, other.Training.UnlabelledRows));
        // The teacher is the same, with the same rows.
        var (taught, alone) = (card.Training.TeacherReport!.Training.Metrics, other.Training.TeacherReport!.Training.Metrics);
        Assert.Equal(alone.Top1, taught.Top1);
        Assert.Equal(alone.NegativeLogLikelihood, taught.NegativeLogLikelihood, 1e-5);

        static IDataView Unlabelled() =>
            new MLContext().Data.LoadFromEnumerable(TestRows.Make(42).Skip(30).Select(row => new { row.Image }).ToList());
    }

    private static TorchImageClassificationTransformer Fit(Options options, List<InputRow> rows)
    {
        var ml = new MLContext(seed: 1);
        return ml.MulticlassClassification.Trainers.TorchImageClassification(options)
            .Fit(TestRows.WithKeys(ml, ml.Data.LoadFromEnumerable(rows)));
    }

    /// <summary>Takes down how many samples it is asked about, batch by batch.</summary>
    private sealed record Watched(Objective Inner, [property: NotIdentity] ConcurrentBag<long> Rows) : Objective
    {
        public override ObjectiveNeeds Needs => Inner.Needs;

        public override bool TakesUnlabelledSamples => Inner.TakesUnlabelledSamples;

        public override IEnumerable<Objective> Parts => [Inner];

        protected override Tensor ComputeCore(ObjectiveInput input)
        {
            Rows.Add(input.Student.Logits.shape[0]);
            return Inner.Compute(input);
        }
    }
}
