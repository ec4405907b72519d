using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace TfKd.MLNet.Tests;

/// <summary>Photos with several labels, from rows to a saved, loaded, exported model.</summary>
public sealed class MultiLabelFitTests(MultiLabelProblem problem) : IClassFixture<MultiLabelProblem>
{
    [Fact]
    public void Most_labels_are_found()
    {
        var metrics = problem.Ml.MulticlassClassification.EvaluateMultiLabel(problem.Model.Transform(problem.Test), "Tags");
        Assert.InRange(metrics.MeanAveragePrecision, 0.95, 1);
        Assert.InRange(metrics.MicroF1, 0.9, 1);
        Assert.InRange(metrics.SubsetAccuracy, 0.7, 1);
        Assert.Equal(problem.Model.Model.Thresholds, metrics.Classes.Select(one => one.Threshold));
        Assert.Equal(ShapePhotos.Names, metrics.Classes.Select(one => one.Name));
    }

    [Fact]
    public void Predicted_labels_are_those_above_their_thresholds()
    {
        var (scored, thresholds) = (problem.Model.Transform(problem.Test), problem.Model.Model.Thresholds!);
        var rows = Read(scored);
        Assert.All(rows, row => Assert.Equal(
            ShapePhotos.Names.Where((_, k) => row.Score[k] >= thresholds[k]), row.PredictedLabel));
        Assert.Contains(rows, row => row.PredictedLabel.Length == 0);
        Assert.Contains(rows, row => row.PredictedLabel.Length > 1);
        Assert.All(rows, row => Assert.All(row.Score, score => Assert.InRange(score, 0, 1)));
        // Probabilities of yes, and no distribution.
        Assert.Contains(rows, row => row.Score.Sum() > 1.5);
        VBuffer<ReadOnlyMemory<char>> names = default;
        scored.Schema["Score"].GetSlotNames(ref names);
        Assert.Equal(ShapePhotos.Names, names.DenseValues().Select(name => name.ToString()));
        var promised = problem.Trainer.GetOutputSchema(Shapes.Of(problem.Training.Schema));
        var found = Shapes.Of(scored.Schema);
        foreach (var name in (string[])["Score", "PredictedLabel"])
        {
            var (before, after) = (promised.Single(column => column.Name == name), found.Single(column => column.Name == name));
            Assert.Equal((after.Kind, after.ItemType, after.IsKey), (before.Kind, before.ItemType, before.IsKey));
            Assert.Equal(after.Annotations.Select(one => one.Name).Order(), before.Annotations.Select(one => one.Name).Order());
        }
    }

    [Fact]
    public void The_card_has_thresholds_counts_and_metrics()
    {
        var card = problem.Model.Model.Card;
        Assert.Equal(3, card.Thresholds!.Count);
        Assert.Contains(card.Training.Metrics, metric => metric is { Name: "MeanAveragePrecision", Split: "Validation", Value: > 0.9 });
        Assert.Contains(card.Training.Metrics, metric => metric is { Name: "MicroF1", Split: "Validation, thresholds chosen on it" });
        var rows = ShapePhotos.Make(MultiLabelProblem.TrainingCount);
        Assert.Equal(
            ShapePhotos.Names.Select(name => rows.Count(row => row.Names.Contains(name))),
            card.Training.Rows.Select(row => row.Training + row.Validation));
        Assert.Contains(
            "Several labels a photo, each from its threshold on: circle ", ModelCardText.Markdown(problem.Model.Model, null),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_saved_model_scores_the_same_after_loading_and_by_Torch()
    {
        using var folder = new TemporaryFolder();
        var expected = Read(problem.Model.Transform(problem.Test));
        problem.Ml.Model.Save(problem.Model, problem.Test.Schema, folder.File("model.zip"));
        using var loaded = (TorchImageClassificationTransformer)problem.Ml.Model.Load(folder.File("model.zip"), out _);
        AssertSame(expected, Read(loaded.Transform(problem.Test)), tolerance: 0);
        Assert.Equal(problem.Model.Model.Thresholds, loaded.Model.Thresholds);
        using var byTorch = loaded.WithBackend(ScoringBackend.Torch);
        AssertSame(expected, Read(byTorch.Transform(problem.Test)), tolerance: 1e-4);
        using var embedding = loaded.WithEmbedding();
        AssertSame(expected, Read(embedding.Transform(problem.Test)), tolerance: 0);

        using var classifier = new ImageClassifier(folder.File("model.zip"));
        foreach (var (row, photo) in expected.Zip(ShapePhotos.Make(40, seed: 2)))
        {
            var prediction = classifier.Predict(photo.Image);
            Assert.Equal(row.PredictedLabel, prediction.PredictedLabels);
            Assert.Equal(
                row.PredictedLabel.MaxBy(name => row.Score[Array.IndexOf(ShapePhotos.Names, name)]), prediction.PredictedLabel);
        }
    }

    [Fact]
    public void Card_and_network_that_disagree_are_refused()
    {
        var model = problem.Model.Model;
        foreach (var thresholds in (double[]?[])[null, [0.5, 0.5, 0.25], [0.5]])
        {
            var card = model.Card with { Thresholds = thresholds };
            var error = Assert.Throws<InvalidDataException>(() =>
                new TorchImageClassificationModel(card, model.WeightParts, model.Onnx.ToArray()));
            Assert.Contains("thresholds: the card says", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_ONNX_file_has_the_sigmoid_inside_in_any_numbers_and_says_the_thresholds()
    {
        using var folder = new TemporaryFolder();
        problem.Model.SaveOnnx(folder.File("plain.onnx"));
        problem.Model.SaveOnnx(folder.File("half.onnx"), new OnnxSettings { Weights = OnnxWeights.Float16, TopK = 2 });
        problem.Model.SaveOnnx(folder.File("small.onnx"), new OnnxSettings { Weights = OnnxWeights.Int8 }, problem.Training);
        var expected = Read(problem.Model.Transform(problem.Test));
        foreach (var (file, tolerance) in new[] { ("plain.onnx", 1e-6), ("half.onnx", 0.02), ("small.onnx", 0.3) })
        {
            using var session = new InferenceSession(folder.File(file));
            Assert.Contains("sigmoid is inside", session.ModelMetadata.CustomMetadataMap["output"], StringComparison.Ordinal);
            Assert.Contains("thresholds", session.ModelMetadata.CustomMetadataMap["output"], StringComparison.Ordinal);
            foreach (var (row, photo) in expected.Take(8).Zip(ShapePhotos.Make(40, seed: 2)))
            {
                var pixels = new DecodeBlock(ShapePhotos.Shape, 1);
                pixels.AddEncoded(photo.Image);
                pixels.Decode();
                var input = new DenseTensor<byte>(pixels.PixelsOf(0).ToArray(), [1, 3, 24, 24]);
                using var outputs = session.Run([NamedOnnxValue.CreateFromTensor("images", input)]);
                Assert.All(row.Score.Zip(outputs[0].AsEnumerable<float>()), pair => Assert.Equal(pair.First, pair.Second, tolerance));
            }
        }
    }

    [Fact]
    public void Scores_are_calibrated_before_thresholds_are_chosen()
    {
        // Of few photos, and the epoch that ranks best: not as sure as it could be.
        var validation = problem.Ml.Data.LoadFromEnumerable(ShapePhotos.Make(200, seed: 3));
        using var folder = new TemporaryFolder();
        var options = MultiLabelProblem.Options with
        {
            ValidationSet = validation,
            CalibrateScores = true,
            MaxEpochs = 40,
            Callbacks = [new HtmlReport(folder.File("report.html"))],
        };
        using var model = problem.Ml.MulticlassClassification.Trainers.TorchImageClassification(options)
            .Fit(problem.Ml.Data.LoadFromEnumerable(ShapePhotos.Make(24, seed: 5)));
        var card = model.Model.Card;
        Assert.NotInRange(card.Temperature, 0.95, 1.05);
        var metrics = problem.Ml.MulticlassClassification.EvaluateMultiLabel(model.Transform(validation), "Tags");
        const string Split = "Validation, calibrated and thresholds chosen on it";
        double Of(string name, string split) => card.Training.Metrics.Single(one => one.Name == name && one.Split == split).Value;
        Assert.Equal(metrics.NegativeLogLikelihood, Of("NegativeLogLikelihood", Split), 1e-5);
        Assert.Equal(metrics.ExpectedCalibrationError, Of("ExpectedCalibrationError", Split), 1e-5);
        Assert.Equal(metrics.MicroF1, Of("MicroF1", Split), 1e-9);
        Assert.Equal(metrics.MeanAveragePrecision, Of("MeanAveragePrecision", "Validation"), 1e-6);
        Assert.InRange(metrics.NegativeLogLikelihood, 0, Of("NegativeLogLikelihood", "Validation") - 0.001);
        using var byTorch = model.WithBackend(ScoringBackend.Torch);
        AssertSame(Read(model.Transform(problem.Test)), Read(byTorch.Transform(problem.Test)), tolerance: 1e-4);
        var report = File.ReadAllText(folder.File("report.html"));
        Assert.Contains(FormattableString.Invariant($"with the temperature {card.Temperature:G4}"), report, StringComparison.Ordinal);
        Assert.All(card.Thresholds!, threshold => Assert.Contains(
            FormattableString.Invariant($"<td>{threshold:F3}</td>"), report, StringComparison.Ordinal));
        Assert.Equal(
            "CalibrateScores needs validation rows, but there are none; set ValidationSet or ValidationSetFraction, or CalibrateScores to "
                + "false.",
            Assert.Throws<InvalidOperationException>(() =>
                Fit(options with { ValidationSet = null, ValidationSetFraction = null })).Message);
    }

    [Fact]
    public void A_label_that_few_photos_have_is_predicted_more_often_where_it_weighs_more()
    {
        // Of the photos with a circle one in ten.
        var seen = 0;
        var rows = problem.Ml.Data.LoadFromEnumerable(
            ShapePhotos.Make(300, seed: 7).Where(row => !row.Flags[0] || seen++ % 10 == 0).ToList());
        var options = MultiLabelProblem.Options with { MaxEpochs = 6, ValidationSetFraction = null };
        var (without, with) = (Recall(options), Recall(options with { ClassWeighting = new InverseFrequencyWeighting() }));
        Assert.True(with > without + 0.2, $"recall {with}, without {without}");

        double Recall(TorchImageClassificationTrainer.Options one)
        {
            using var model = problem.Ml.MulticlassClassification.Trainers.TorchImageClassification(one).Fit(rows);
            return problem.Ml.MulticlassClassification.EvaluateMultiLabel(model.Transform(problem.Test), "Tags").Classes[0].Recall;
        }
    }

    [Fact]
    public void A_model_of_other_numbers_has_the_thresholds_of_what_it_scores()
    {
        using var folder = new TemporaryFolder();
        var messages = new List<string>();
        var validation = problem.Ml.Data.LoadFromEnumerable(ShapePhotos.Make(60, seed: 3));
        var options = MultiLabelProblem.Options with
        {
            ValidationSet = validation,
            MaxEpochs = 8,
            Weights = OnnxWeights.Int8,
            MessageCallback = messages.Add,
        };
        using var model = problem.Ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(problem.Training);
        problem.Ml.Model.Save(model, validation.Schema, folder.File("model.zip"));
        using var loaded = (TorchImageClassificationTransformer)problem.Ml.Model.Load(folder.File("model.zip"), out _);
        AssertSame(Read(model.Transform(problem.Test)), Read(loaded.Transform(problem.Test)), tolerance: 0);
        var (card, report) = (loaded.Model.Card, loaded.Model.Card.Training.Quantization!);
        Assert.Equal((OnnxWeights.Int8, "Validation", 60), (card.OnnxWeights, report.Split, report.LabelsBefore!.Count));
        Assert.Equal((null, null), (report.Before, report.After));
        var found = problem.Ml.MulticlassClassification.EvaluateMultiLabel(model.Transform(validation), "Tags");
        Assert.Equal(found.MeanAveragePrecision, report.LabelsAfter!.MeanAveragePrecision, 1e-6);
        Assert.Equal(found.NegativeLogLikelihood, report.LabelsAfter.NegativeLogLikelihood, 1e-5);
        Assert.NotEqual(report.LabelsBefore.NegativeLogLikelihood, report.LabelsAfter.NegativeLogLikelihood, 1e-6);
        Assert.Equal(100 * (report.LabelsBefore.MeanAveragePrecision - found.MeanAveragePrecision), report.Top1Drop, 1e-4);
        // Of the integers, not of the network before.
        Assert.Equal(found.MicroF1, card.Training.Metrics.Single(one =>
            one is { Name: "MicroF1", Split: "Validation, thresholds chosen on it" }).Value, 1e-9);
        using var byTorch = model.WithBackend(ScoringBackend.Torch);
        var same = Read(model.Transform(validation)).Zip(Read(byTorch.Transform(validation)), (one, other) =>
            one.Score.Zip(other.Score).Average(pair => pair.First >= 0.5f == pair.Second >= 0.5f ? 1.0 : 0)).Average();
        Assert.Equal(same, report.Agreement, 1e-9);
        Assert.Contains($"Int8: {report}.", messages);
        Assert.Matches(@" validation images mAP \d+\.\d\d % is \d+\.\d\d, .* % of yes and no are the same$", report.ToString());
    }

    [Fact]
    public void A_network_is_trained_for_integers_or_refused_by_its_mean_average_precision()
    {
        var options = MultiLabelProblem.Options with
        {
            MaxEpochs = 2,
            Weights = OnnxWeights.Int8,
            FakeQuantization = new FakeQuantization(),
        };
        using var model = problem.Ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(problem.Training);
        var training = model.Model.Card.Training;
        Assert.Equal(
            training.Quantization!.LabelsAfter!.MeanAveragePrecision,
            training.Metrics.Single(one => one is { Name: "MeanAveragePrecision", Split: "Validation" }).Value, 0.01);
        var trainer = problem.Ml.MulticlassClassification.Trainers.TorchImageClassification(options with { MaxQuantizationDrop = 1 });
        var report = training.Quantization with
        {
            LabelsBefore = training.Quantization.LabelsBefore! with { MeanAveragePrecision = 0.8 },
            LabelsAfter = training.Quantization.LabelsAfter with { MeanAveragePrecision = 0.775 },
        };
        Assert.StartsWith(
            "In numbers of Int8 the network's mean average precision is 2.50 points lower than in float32, but MaxQuantizationDrop is 1. ",
            Assert.Throws<QuantizationDropException>(() => trainer.RequireSmallDrop(report, null, () => model.Model)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_portable_chain_has_the_scores_with_their_names()
    {
        using var folder = new TemporaryFolder();
        List<PortablePathRow> files = [.. ShapePhotos.Make(12, seed: 2).Select(row =>
        {
            File.WriteAllBytes(folder.File($"{row.Number}.png"), row.Image);
            return new PortablePathRow { Number = row.Number, Image = folder.File($"{row.Number}.png") };
        })];
        var data = problem.Ml.Data.LoadFromEnumerable(files);
        var scored = problem.Model.ToPortable(problem.Ml).Transform(data);
        Assert.DoesNotContain(scored.Schema, column => column.Name == "PredictedLabel");
        VBuffer<ReadOnlyMemory<char>> names = default;
        scored.Schema["Score"].GetSlotNames(ref names);
        Assert.Equal(ShapePhotos.Names, names.DenseValues().Select(name => name.ToString()));
        var expected = problem.Model.Transform(data).GetColumn<float[]>("Score");
        Assert.All(expected.Zip(scored.GetColumn<float[]>("Score")), pair =>
            Assert.All(pair.First.Zip(pair.Second), scores => Assert.Equal(scores.First, scores.Second, 1e-5)));
    }

    [Fact]
    public void A_student_learns_from_a_teacher_what_unlabelled_photos_show()
    {
        using var folder = new TemporaryFolder();
        problem.Ml.Model.Save(problem.Model, problem.Test.Schema, folder.File("teacher.zip"));
        var few = problem.Ml.Data.LoadFromEnumerable(ShapePhotos.Make(24, seed: 5));
        var options = MultiLabelProblem.Options with
        {
            Network = new SmallCnn { InputShape = ShapePhotos.Shape, Width = 8 },
            Objective = 0.2 * new BinaryCrossEntropy() + 4 * new BinaryKd { Temperature = 2 },
            Teacher = new ModelFileTeacher(folder.File("teacher.zip")),
            UnlabelledSet = problem.Ml.Data.LoadFromEnumerable(ShapePhotos.Make(220, seed: 6)),
            ValidationSetFraction = null,
        };
        using var student = problem.Ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(few);
        Assert.Equal([0.5, 0.5, 0.5], student.Model.Thresholds);
        var (ofStudent, ofTeacher) = (Decisions(student), Decisions(problem.Model));
        Assert.InRange(ofStudent.Zip(ofTeacher).Count(pair => pair.First == pair.Second) / (double)ofTeacher.Count, 0.9, 1);
    }

    [Fact]
    public void Truth_values_with_rows_to_validate_on_train_a_model_that_scores_by_Torch()
    {
        using var folder = new TemporaryFolder();
        var validation = problem.Ml.Data.LoadFromEnumerable(ShapePhotos.Make(20, seed: 3));
        var options = MultiLabelProblem.Options with
        {
            LabelColumnName = nameof(ShapeRow.Flags),
            Labels = new MultipleLabels { Thresholds = LabelThresholds.Half },
            ValidationSet = validation,
            ScoringBackend = ScoringBackend.Torch,
            MaxEpochs = 2,
        };
        using var model = problem.Ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(problem.Training);
        Assert.Equal(["0", "1", "2"], model.Model.ClassNames);
        Assert.Equal([0.5, 0.5, 0.5], model.Model.Thresholds);
        problem.Ml.Model.Save(model, validation.Schema, folder.File("model.zip"));
        using var loaded = (TorchImageClassificationTransformer)problem.Ml.Model.Load(folder.File("model.zip"), out _);
        AssertSame(Read(model.Transform(validation)), Read(loaded.Transform(validation)), tolerance: 0);
        var metrics = problem.Ml.MulticlassClassification.EvaluateMultiLabel(loaded.Transform(validation), nameof(ShapeRow.Flags));
        Assert.Equal(20, metrics.Count);
        // Chosen on the same rows, by the same scores but for their rounding.
        Assert.Equal(
            model.Model.Card.Training.Metrics.Single(metric => metric is { Name: "MeanAveragePrecision", Split: "Validation" }).Value,
            metrics.MeanAveragePrecision, 1e-6);
    }

    [Fact]
    public void Validation_rows_without_any_label_leave_metrics_that_are_no_numbers()
    {
        using var folder = new TemporaryFolder();
        var none = problem.Ml.Data.LoadFromEnumerable(ShapePhotos.Make(60, seed: 3).Where(row => row.Names.Length == 0));
        var options = MultiLabelProblem.Options with { ValidationSet = none, MaxEpochs = 1 };
        using var model = problem.Ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(problem.Training);
        problem.Ml.Model.Save(model, problem.Test.Schema, folder.File("model.zip"));
        using var loaded = (TorchImageClassificationTransformer)problem.Ml.Model.Load(folder.File("model.zip"), out _);
        Assert.Equal(
            double.NaN,
            loaded.Model.Card.Training.Metrics.Single(one => one is { Name: "MeanAveragePrecision", Split: "Validation" }).Value);
        AssertSame(Read(model.Transform(problem.Test)), Read(loaded.Transform(problem.Test)), tolerance: 0);
    }

    [Fact]
    public void Labels_that_only_validation_rows_have_are_refused_with_their_row()
    {
        var rows = ShapePhotos.Make(3, seed: 3);
        rows[1].Tags = "hexagon";
        var options = MultiLabelProblem.Options with { ValidationSet = problem.Ml.Data.LoadFromEnumerable(rows) };
        Assert.Equal(
            "Row 1 of the validation set: the label 'hexagon' in column 'Tags' is none of the classes [circle, square, triangle].",
            Assert.Throws<InvalidOperationException>(() => Fit(options)).Message);
    }

    [Fact]
    public void Teachers_of_the_other_kind_are_refused()
    {
        using var single = TrainingRuns.Fit(options: TrainingRuns.Options with { MaxEpochs = 1 });
        var several = MultiLabelProblem.Options with { Objective = new BinaryKd(), Teacher = new ModelTeacher(single) };
        Assert.Equal(
            "The teacher's model says which one label a photo has, but the training rows may have several; train it with Labels, too.",
            Assert.Throws<InvalidOperationException>(() => Fit(several)).Message);
        var one = TrainingRuns.Options with { Objective = new KnowledgeDistillation(), Teacher = new ModelTeacher(problem.Model) };
        Assert.Equal(
            "The teacher's model says of each label whether a photo has it, but the training rows have one each; use a model of one label.",
            Assert.Throws<InvalidOperationException>(() => TrainingRuns.Fit(options: one)).Message);
    }

    [Fact]
    public void What_does_not_fit_is_refused_before_the_first_image_is_decoded()
    {
        // Of an image that is none nobody hears where nothing is decoded.
        var rows = ShapePhotos.Make(12, seed: 3);
        foreach (var row in rows)
            row.Image = [0];
        var (damaged, options) = (problem.Ml.Data.LoadFromEnumerable(rows), MultiLabelProblem.Options);
        var hexagons = ShapePhotos.Make(3, seed: 3);
        hexagons[2].Tags = "hexagon";
        var unnamed = problem.Ml.Data.LoadFromEnumerable([new { Tags = "circle" }]);
        var taught = options with { Objective = new BinaryKd(), Teacher = new ModelTeacher(problem.Model) };
        foreach (var (bad, reason) in new (TorchImageClassificationTrainer.Options, string)[]
        {
            (options with { Objective = new CrossEntropy() }, "CrossEntropy { } takes one class a row"),
            (options with { Objective = new BinaryKd() }, "needs a teacher, but the plan has none"),
            (options with { ValidationSetFraction = null, EarlyStopping = new EarlyStopping() }, "but the run has none"),
            (options with { ValidationSet = problem.Ml.Data.LoadFromEnumerable(hexagons) }, "Row 2 of the validation set"),
            (options with { ValidationSet = unnamed }, "Image"),
            (options with { UnlabelledSet = unnamed }, "UnlabelledSet has images without a label"),
            (taught with { UnlabelledSet = unnamed }, "Image"),
        })
            Assert.Contains(reason, Refusal(bad), StringComparison.Ordinal);
        Assert.Contains("Row 0", Refusal(options), StringComparison.Ordinal);

        string Refusal(TorchImageClassificationTrainer.Options bad) => Assert.ThrowsAny<Exception>(() =>
            problem.Ml.MulticlassClassification.Trainers.TorchImageClassification(bad).Fit(damaged).Dispose()).Message;
    }

    [Fact]
    public void What_is_for_one_label_is_refused_by_name()
    {
        var trainers = problem.Ml.MulticlassClassification.Trainers;
        Assert.Equal(
            "Rejection is for one label a photo, but Labels is set, whose thresholds say which labels are predicted; leave one of them at "
                + "null.",
            Assert.Throws<ArgumentException>(() => trainers.TorchImageClassification(MultiLabelProblem.Options with
            {
                Rejection = new Rejection { Threshold = 0.5 },
            })).Message);
        Assert.Equal(
            "The model says of each label whether a photo has it, by a threshold a class, and rejects no photo; leave rejection at null.",
            Assert.Throws<NotSupportedException>(() => problem.Model.WithRejection(new Rejection { Threshold = 0.5 })).Message);
        Assert.StartsWith(
            "The training rows may have several labels, but CrossEntropy { } takes one class a row; use BinaryCrossEntropy",
            Assert.Throws<InvalidOperationException>(() => Fit(MultiLabelProblem.Options with { Objective = new CrossEntropy() })).Message,
            StringComparison.Ordinal);
    }

    private void Fit(TorchImageClassificationTrainer.Options options) =>
        problem.Ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(problem.Training).Dispose();

    private List<bool> Decisions(TorchImageClassificationTransformer model) =>
        [.. Read(model.Transform(problem.Test)).SelectMany(row => row.Score.Select(score => score >= 0.5f))];

    private List<FoundShapes> Read(IDataView scored) => [.. problem.Ml.Data.CreateEnumerable<FoundShapes>(scored, reuseRowObject: false)];

    private static void AssertSame(List<FoundShapes> expected, List<FoundShapes> found, double tolerance)
    {
        Assert.Equal(expected.Count, found.Count);
        foreach (var (one, other) in expected.Zip(found))
        {
            Assert.All(one.Score.Zip(other.Score), pair => Assert.Equal(pair.First, pair.Second, tolerance));
            if (tolerance == 0)
                Assert.Equal(one.PredictedLabel, other.PredictedLabel);
        }
    }
}
