using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

public sealed class TrainerTests
{
    [Fact]
    public void A_pipeline_trains_and_evaluates()
    {
        var ml = new MLContext(seed: 1);
        var split = ml.Data.TrainTestSplit(ml.Data.LoadFromEnumerable(TestRows.Make(120)), 0.25);
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(TrainingRuns.Options with { MaxEpochs = 6 }))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        using var model = pipeline.Fit(split.TrainSet);
        var metrics = ml.MulticlassClassification.Evaluate(model.Transform(split.TestSet));
        Assert.True(metrics.MicroAccuracy > 0.9, $"micro accuracy {metrics.MicroAccuracy}");
        Assert.True(metrics.LogLoss < 0.7, $"log-loss {metrics.LogLoss}");
        Assert.Equal(
            ["PredictedLabel", "Score"],
            pipeline.GetOutputSchema(Shapes.Of(split.TrainSet.Schema))
                .Select(column => column.Name)
                .Intersect(["PredictedLabel", "Score"])
                .Order());
    }

    [Fact]
    public void Cross_validation_works()
    {
        var ml = new MLContext(seed: 1);
        var rows = TrainingRuns.Rows(ml, 60);
        var folds = ml.MulticlassClassification.CrossValidate(
            rows,
            ml.MulticlassClassification.Trainers.TorchImageClassification(TrainingRuns.Options with { MaxEpochs = 1 }),
            numberOfFolds: 3);
        Assert.Equal(3, folds.Count);
        foreach (var fold in folds)
        {
            Assert.InRange(fold.Metrics.MicroAccuracy, 0, 1);
            (fold.Model as IDisposable)?.Dispose();
        }
    }

    [Fact]
    public void Mixing_is_passed_on_and_named_by_the_model()
    {
        using var mixed = TrainingRuns.Fit(options: TrainingRuns.Options with { MaxEpochs = 1, Mixing = new Mixup { Alpha = 1 } });

        Assert.Contains("\nMixing: Mixup { Alpha = 1 }\n", mixed.Model.Card.Training.Plan, StringComparison.Ordinal);
    }

    [Fact]
    public void One_seed_gives_one_model_and_another_seed_another()
    {
        using var first = TrainingRuns.Fit(seed: 1);
        using var same = TrainingRuns.Fit(seed: 1);
        using var other = TrainingRuns.Fit(seed: 2);
        Assert.Equal(first.Model.Card.WeightsSha256, same.Model.Card.WeightsSha256);
        Assert.Equal(first.Model.Card.OnnxSha256, same.Model.Card.OnnxSha256);
        Assert.NotEqual(first.Model.Card.WeightsSha256, other.Model.Card.WeightsSha256);
    }

    [Fact]
    public void All_kinds_of_image_columns_train_the_same_model()
    {
        using var folder = new TemporaryFolder();
        var rows = TestRows.Make(60);
        foreach (var row in rows)
            File.WriteAllBytes(folder.File($"{row.Number}.png"), row.Image);

        string Weights(string column)
        {
            using var model = TrainingRuns.Fit(options: TrainingRuns.Options with { ImageColumnName = column }, rows: ml =>
            {
                var files = TestRows.WithKeys(ml, ml.Data.LoadFromEnumerable(
                    rows.Select(row => new { row.Label, row.Image, File = $"{row.Number}.png", Path = folder.File($"{row.Number}.png") })));
                return ml.Transforms.LoadImages("Loaded", folder.Path, "File")
                    .Append(ml.Transforms.ResizeImages("Loaded", 8, 8))
                    .Append(ml.Transforms.ExtractPixels("Pixels", "Loaded"))
                    .Fit(files).Transform(files);
            });
            return model.Model.Card.WeightsSha256;
        }

        Assert.All(["Path", "Loaded", "Pixels"], column => Assert.Equal(Weights("Image"), Weights(column)));
    }

    [Fact]
    public void Progress_is_logged_and_called_back_once_an_epoch()
    {
        var ml = new MLContext(seed: 1);
        var lines = new List<string>();
        var epochs = new List<EpochMetrics>();
        ml.Log += (_, message) =>
        {
            if (message.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Info)
                lines.Add(message.RawMessage);
        };
        using var model = ml.MulticlassClassification.Trainers.TorchImageClassification(
            TrainingRuns.Options with { MetricsCallback = epochs.Add }).Fit(TrainingRuns.Rows(ml));
        Assert.Equal([0, 1, 2], epochs.Select(epoch => epoch.Epoch));
        Assert.All(epochs, epoch => Assert.Equal(9, epoch.Validation!.Count));
        Assert.Equal(epochs.Select(epoch => epoch.ToString()), lines.Where(line => line.StartsWith("Epoch ", StringComparison.Ordinal)));
        Assert.Contains("Training on 81 images of 3 classes, validating on 9.", lines);
        Assert.Contains(lines, line => line.StartsWith("Convolutions run ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_validation_set_of_ones_own_is_used_and_none_is_an_option()
    {
        var ml = new MLContext(seed: 1);
        var epochs = new List<EpochMetrics>();
        var own = TrainingRuns.Options with { ValidationSet = TrainingRuns.Rows(ml, 30), MetricsCallback = epochs.Add, MaxEpochs = 1 };
        ml.MulticlassClassification.Trainers.TorchImageClassification(own).Fit(TrainingRuns.Rows(ml)).Dispose();
        Assert.Equal(30, Assert.Single(epochs).Validation!.Count);
        epochs.Clear();
        ml.MulticlassClassification.Trainers.TorchImageClassification(own with { ValidationSet = null, ValidationSetFraction = null })
            .Fit(TrainingRuns.Rows(ml))
            .Dispose();
        Assert.Null(Assert.Single(epochs).Validation);
    }

    [Fact]
    public void The_model_says_where_it_comes_from()
    {
        using var model = TrainingRuns.Fit(options: TrainingRuns.Options with { Objective = new LabelSmoothing { Smoothing = 0.2 } });
        var training = model.Model.Card.Training;
        Assert.Contains("Objective: LabelSmoothing { Smoothing = 0.2, Convention = Uniform }", training.Plan, StringComparison.Ordinal);
        Assert.Equal(["Training", "Validation"], training.Metrics.Select(metric => metric.Split).Distinct());
        Assert.Equal(TestModels.Architecture, model.Model.Architecture);
        Assert.Equal(TestRows.Names, model.Model.ClassNames);
    }

    [Fact]
    public void A_cancelled_token_stops_the_run()
    {
        using var source = new CancellationTokenSource();
        var options = TrainingRuns.Options with
        {
            MaxEpochs = 1000,
            MetricsCallback = _ => source.Cancel(),
            CancellationToken = source.Token,
        };
        Assert.ThrowsAny<OperationCanceledException>(() => TrainingRuns.Fit(options: options));
    }

    [Fact]
    public void The_host_can_cancel_the_run()
    {
        var ml = new MLContext(seed: 1);
        // Internal to ML.NET, where Model Builder calls it.
        var cancel = typeof(MLContext).GetMethod("CancelExecution", BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)!;
        var options = TrainingRuns.Options with { MaxEpochs = 1000, MetricsCallback = _ => cancel.Invoke(ml, null) };
        Assert.ThrowsAny<OperationCanceledException>(() =>
            ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(TrainingRuns.Rows(ml)));
    }

    [Fact]
    public void Both_ways_to_make_the_trainer_agree()
    {
        var ml = new MLContext(seed: 1);
        var trainer = ml.MulticlassClassification.Trainers.TorchImageClassification(scoreColumnName: "S", predictedLabelColumnName: "P");
        var names = trainer.GetOutputSchema(Shapes.Of(TrainingRuns.Rows(ml).Schema)).Select(column => column.Name);
        Assert.Equal(["P", "S"], names.Intersect(["S", "P"]).Order());
        Assert.False(trainer.Info.WantCaching);
    }

    [Fact]
    public void Images_are_scaled_to_the_size_asked_for()
    {
        using var model = TrainingRuns.Fit(options: TrainingRuns.Options with { ImageWidth = 12, ImageHeight = 10, MaxEpochs = 1 });
        Assert.Equal(new ImageShape(3, 10, 12), model.Model.InputShape);
    }

    [Fact]
    public void A_trained_model_teaches_and_a_loaded_one_too()
    {
        using var folder = new TemporaryFolder();
        var ml = new MLContext(seed: 1);
        var rows = TrainingRuns.Rows(ml);
        using var teacher = ml.MulticlassClassification.Trainers.TorchImageClassification(TrainingRuns.Options).Fit(rows);
        ml.Model.Save(teacher, rows.Schema, folder.File("teacher.zip"));
        var loaded = ml.Model.Load(folder.File("teacher.zip"), out _);

        string Distil(ITransformer source)
        {
            using var student = TrainingRuns.Fit(
                options: TrainingRuns.Options with { Objective = new KnowledgeDistillation(), Teacher = new ModelTeacher(source) });
            Assert.Contains(
                "Teacher: ModelTeacher { Architecture = SmallCnn {", student.Model.Card.Training.Plan, StringComparison.Ordinal);
            return student.Model.Card.WeightsSha256;
        }

        Assert.Equal(Distil(teacher), Distil(loaded));
        (loaded as IDisposable)?.Dispose();
    }

    [Fact]
    public void A_second_fit_finds_the_teachers_answers_in_the_folder()
    {
        using var folder = new TemporaryFolder();
        using var teacher = TrainingRuns.Fit();
        var options = TrainingRuns.Options with
        {
            Objective = new KnowledgeDistillation(),
            Teacher = new ModelTeacher(teacher),
            TeacherCache = new TeacherCache { Directory = folder.File("answers") },
            Augmentations = [new RandomCrop { Padding = 1 }],
            Views = 2,
        };

        (string Weights, string Message) Distil()
        {
            var ml = new MLContext(seed: 1);
            var lines = new List<string>();
            ml.Log += (_, message) =>
            {
                if (message.RawMessage.StartsWith("The teacher's answers ", StringComparison.Ordinal))
                    lines.Add(message.RawMessage);
            };
            using var student = ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(TrainingRuns.Rows(ml));
            Assert.Contains("\nViews: 2\n", student.Model.Card.Training.Plan, StringComparison.Ordinal);
            return (student.Model.Card.WeightsSha256, Assert.Single(lines));
        }

        var (first, second) = (Distil(), Distil());
        Assert.Equal(first.Weights, second.Weights);
        Assert.EndsWith(": 0 of 162 (81 rows, 2 views) were known already.", first.Message, StringComparison.Ordinal);
        // 81 rows in batches of 16 leave one out each epoch; the first view comes twice, the second once.
        Assert.EndsWith(": 161 of 162 (81 rows, 2 views) were known already.", second.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_teacher_of_other_classes_is_refused_with_both_lists()
    {
        using var teacher = TrainingRuns.Fit();
        var options = TrainingRuns.Options with { Objective = new KnowledgeDistillation(), Teacher = new ModelTeacher(teacher) };
        var message = Assert.Throws<InvalidOperationException>(() => TrainingRuns.Fit(options: options, rows: ml =>
        {
            var view = ml.Data.LoadFromEnumerable(
                TestRows.Make(30).Select(row => new { Label = row.Label == "red" ? "pink" : row.Label, row.Image }));
            return ml.Transforms.Conversion.MapValueToKey("Label").Fit(view).Transform(view);
        })).Message;
        Assert.Contains("pink", message, StringComparison.Ordinal);
        Assert.Contains("red", message, StringComparison.Ordinal);
    }
}
