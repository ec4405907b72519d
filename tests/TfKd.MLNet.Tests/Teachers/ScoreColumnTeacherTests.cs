using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.LightGbm;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.MLNet.Tests;

public sealed class ScoreColumnTeacherTests : IDisposable
{
    private static readonly ScoreColumnTeacher _source = new("Scores") { ClassNames = TestRows.Names };

    private readonly MLContext _ml = new(seed: 1);
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Answer_is_of_the_rows_numbers_in_the_order_of_the_students_classes()
    {
        var training = Scored([0.7f, 0.2f, 0.1f], [0, 1, 0], [3, 1, 4]);
        using var teacher = _source.Open(Context(training, "blue", "red", "green"));

        var logits = teacher.Teach(TeacherCases.Batch(TeacherCases.Pixels(2, TestImages.Shape)) with { RowIds = [2, 0] }).Logits;
        var zero = teacher.Teach(TeacherCases.Batch(TeacherCases.Pixels(1, TestImages.Shape)) with { RowIds = [1] }).Logits;

        TeacherCases.AssertClose(tensor([4 / 8f, 3 / 8f, 1 / 8f, 0.1f, 0.7f, 0.2f], [2, 3]), logits.softmax(1));
        Assert.True(zero.isfinite().all().item<bool>());
        TeacherCases.AssertClose(tensor([0f, 0, 1], [1, 3]), zero.softmax(1));
    }

    [Fact]
    public void Logits_stay_as_they_are()
    {
        using var teacher = (_source with { Output = TeacherOutput.Logits }).Open(Context(Scored([5, -2, 0.5f], [0, 0, 0])));

        TeacherCases.AssertClose(
            tensor([5f, -2, 0.5f, 0, 0, 0], [2, 3]), teacher.Teach(TeacherCases.Batch(TeacherCases.Pixels(2, TestImages.Shape))).Logits);
    }

    [Fact]
    public void Of_more_classes_the_students_are_taken_where_that_is_chosen()
    {
        var training = Scored([0.6f, 0.3f, 0.1f], [0.2f, 0.2f, 0.6f]);
        Assert.Equal(
            "The teacher must know the student's classes by the same names, each once and no others, unless Classes is MayBeMore. " +
            "Student's 2 classes: 'blue', 'red'; teacher's 3 classes: 'red', 'green', 'blue'.",
            Assert.Throws<InvalidOperationException>(() => _source.Open(Context(training, "blue", "red"))).Message);
        using var teacher = (_source with { Classes = TeacherClasses.MayBeMore }).Open(Context(training, "blue", "red"));

        var answer = teacher.Teach(TeacherCases.Batch(TeacherCases.Pixels(2, TestImages.Shape), classCount: 2)).Logits;

        TeacherCases.AssertClose(tensor([1 / 7f, 6 / 7f, 3 / 4f, 1 / 4f], [2, 2]), answer.softmax(1));
    }

    [Fact]
    public void Fingerprint_is_of_the_scores_and_of_how_they_are_used()
    {
        string Fingerprint(ScoreColumnTeacher source, DecodedCache training, params string[] classes)
        {
            using var teacher = source.Open(Context(training, classes));
            return teacher.Fingerprint!;
        }

        var training = Scored([5, 2, 0.5f], [1, 2, 3]);
        string[] different =
        [
            Fingerprint(_source, training),
            Fingerprint(_source, training, "blue", "red", "green"),
            Fingerprint(_source with { Output = TeacherOutput.Logits }, training),
            Fingerprint(_source, Scored([5, 2, 0.5f], [1, 2, 4])),
        ];
        Assert.Equal(different.Length, different.Distinct().Count());
        Assert.Equal(different[0], Fingerprint(new ScoreColumnTeacher("Other"), Scored([5, 2, 0.5f], [1, 2, 3])));
    }

    [Fact]
    public void Without_scores_or_with_others_it_cannot_be_opened()
    {
        Assert.Equal(
            "ScoreColumnTeacher { Column = Scores, ClassNames = , Output = Probabilities, Classes = AsStudent } needs training rows that " +
            "have scores; they have when TorchImageClassificationTrainer reads them.",
            Assert.Throws<InvalidOperationException>(() => new ScoreColumnTeacher("Scores").Open(TeacherCases.Context())).Message);
        Assert.Equal(
            "Teacher score column 'Scores' has probabilities (each row is within [0, 1], and 1 in all), but Output is Logits; set it to " +
            "Probabilities.",
            Assert.Throws<InvalidOperationException>(() =>
                (_source with { Output = TeacherOutput.Logits }).Open(Context(Scored([0.5f, 0.5f, 0], [1, 0, 0])))).Message);
        Assert.Equal(
            "The teacher must know the student's classes by the same names, each once. Student's 2 classes: 'red', 'pink'; teacher's 3 " +
            "classes: 'red', 'green', 'blue'.",
            Assert.Throws<InvalidOperationException>(() => _source.Open(Context(Scored([0.5f, 0.5f, 0]), "red", "pink"))).Message);
    }

    [Fact]
    public void Each_batch_leaves_one_tensor_and_the_end_none()
    {
        var batch = TeacherCases.Batch(TeacherCases.Pixels(2, TestImages.Shape));
        var atStart = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using (var teacher = _source.Open(Context(Scored([0.5f, 0.5f, 0], [1, 0, 0]), "blue", "red", "green")))
        {
            var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
            using var logits = teacher.Teach(batch).Logits;
            Assert.Equal(before + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        }

        Assert.Equal(atStart, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Gradient_boosting_on_pixels_teaches_a_network()
    {
        var rows = TeacherCases.Rows();
        var view = _ml.Data.LoadFromEnumerable(rows);
        // The boosted trees know the classes in another order.
        var colours = _ml.Data.LoadFromEnumerable(TestRows.Names.Reverse().Select(name => new { Colour = name }));
        var trees = new LightGbmMulticlassTrainer.Options
        {
            LabelColumnName = "Colour",
            FeatureColumnName = "Pixels",
            NumberOfIterations = 10,
            MinimumExampleCountPerLeaf = 3,
            NumberOfThreads = 1,
        };
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label", keyData: Keys())
            .Append(_ml.Transforms.Conversion.MapValueToKey("Colour", keyData: colours))
            .Append(_ml.MulticlassClassification.Trainers.LightGbm(trees))
            .Append(_ml.MulticlassClassification.Trainers.TorchImageClassification(
                TeacherCases.Options with { TeacherScoreColumnName = "Score" }))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

        using var model = pipeline.Fit(view);

        TeacherCases.AssertColours(rows, model.Transform(view).GetColumn<string>("PredictedLabel"));
    }

    [Fact]
    public void Column_by_name_and_as_a_source_are_the_same()
    {
        // One model's scores throughout: another has other weights.
        var rows = Named();
        string Weights(TorchImageClassificationTrainer.Options options)
        {
            using var model = Fit(options with { MaxEpochs = 1 }, rows);
            Assert.Contains(
                "Teacher: ScoreColumnTeacher { Column = Score, ClassNames = , Output = Probabilities, Classes = AsStudent }",
                model.Model.Card.Training.Plan,
                StringComparison.Ordinal);
            return model.Model.Card.WeightsSha256;
        }

        var byName = TeacherCases.Options with { TeacherScoreColumnName = "Score" };
        Assert.Equal(Weights(byName), Weights(TeacherCases.Options with { Teacher = new ScoreColumnTeacher("Score") }));
        Assert.Equal(Weights(byName), Weights(byName with { Teacher = new ScoreColumnTeacher("Score") }));
        Assert.Equal(
            "TeacherScoreColumnName is 'Score', but Teacher is UniformTeacher { }; set one of the two.",
            Assert.Throws<ArgumentException>(() => Fit(byName with { Teacher = new UniformTeacher() }, rows)).Message);
        Assert.Equal(
            "TeacherScoreColumnName is 'Score', but Teacher is ScoreColumnTeacher { Column = Scores, ClassNames = [red, green, blue], " +
            "Output = Probabilities, Classes = AsStudent }; set one of the two.",
            Assert.Throws<ArgumentException>(() => Fit(byName with { Teacher = _source }, rows)).Message);
        Assert.Equal(
            "ScoreColumnTeacher { Column = Score, ClassNames = , Output = Probabilities, Classes = AsStudent } knows an answer to each " +
            "row, but the plan mixes images with Mixup { Alpha = 0.2 }, and a mixture is none of the rows; "
            + "use a teacher that looks at the pixels, or no Mixing.",
            Assert.Throws<InvalidOperationException>(() => Fit(byName with { Mixing = new Mixup() }, rows)).Message);
        Assert.StartsWith(
            "A teacher may have one ScoreColumnTeacher, but has ScoreColumnTeacher { Column = Score,",
            Assert.Throws<ArgumentException>(() =>
                Fit(TeacherCases.Options with { Teacher = new EnsembleTeacher(_source with { Column = "Score" }, _source) }, rows)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Scores_of_held_out_and_of_undecodable_rows_stay_with_their_rows()
    {
        var rows = TeacherCases.Rows(120);
        foreach (var row in rows.Where((_, i) => i % 10 == 3))
            row.Image = row.Image[..20];
        var options = TeacherCases.Options with
        {
            Teacher = _source,
            UndecodableImages = UndecodableImages.Skip,
            ValidationSetFraction = 0.2f,
            RestoreBestWeights = false,
        };
        using var model = Fit(options, _ml.Data.LoadFromEnumerable(rows));

        var whole = TeacherCases.Rows(120);
        var predicted = model.Transform(_ml.Data.LoadFromEnumerable(whole))
            .GetColumn<uint>("PredictedLabel")
            .Select(key => TestRows.Names[key - 1]);
        TeacherCases.AssertColours(whole, predicted);
    }

    [Fact]
    public void Validation_rows_need_no_scores()
    {
        var validation = TestRows.WithKeys(_ml, _ml.Data.LoadFromEnumerable(TestRows.Make(12)));
        var epochs = new List<EpochMetrics>();
        Fit(
            TeacherCases.Options with { Teacher = _source, ValidationSet = validation, MetricsCallback = epochs.Add, MaxEpochs = 1 },
            _ml.Data.LoadFromEnumerable(TeacherCases.Rows(30))).Dispose();

        Assert.Equal(12, Assert.Single(epochs).Validation!.Count);
    }

    [Fact]
    public void Source_is_a_plain_value()
    {
        Assert.Equal(_source, new ScoreColumnTeacher("Scores") { ClassNames = ["red", "green", "blue"] });
        Assert.NotEqual(_source, _source with { ClassNames = null });
        Assert.Equal(
            "Column must be a name, but is empty. (Parameter 'Column')",
            Assert.Throws<ArgumentException>(() => new ScoreColumnTeacher(" ")).Message);
    }

    private IDataView Keys() => _ml.Data.LoadFromEnumerable(TestRows.Names.Select(name => new KeyRow { Label = name }));

    private IDataView Keyed(IDataView rows) => TestRows.WithKeys(_ml, rows);

    /// <summary>Rows with a score column that has slot names: of a classifier that was not trained.</summary>
    private IDataView Named()
    {
        var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        return Keyed(transformer.Transform(_ml.Data.LoadFromEnumerable(TeacherCases.Rows(30))));
    }

    private TorchImageClassificationTransformer Fit(TorchImageClassificationTrainer.Options options, IDataView rows)
    {
        // Of the same seed each time, whatever was fitted before.
        var ml = new MLContext(seed: 1);
        return ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(
            rows.Schema["Label"].Type is KeyDataViewType ? rows : Keyed(rows));
    }

    private static TeacherContext Context(DecodedCache training, params string[] classes) =>
        TeacherCases.Context(classes: classes) with { Training = training };

    private static DecodedCache Scored(params float[][] scores)
    {
        var cache = new DecodedCache(TestImages.Shape, TestRows.Names) { TeacherClassNames = TestRows.Names };
        foreach (var row in scores)
            cache.Add(new byte[TestImages.Shape.ByteCount], 0, teacherScores: row);
        return cache;
    }

    private sealed class KeyRow
    {
        public string Label { get; set; } = "";
    }
}
