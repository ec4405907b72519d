using Microsoft.ML;

namespace TfKd.MLNet.Tests;

/// <summary>Photos that nobody has labelled teach a student what its teacher says of them.</summary>
public sealed class UnlabelledSetTests
{
    private static readonly TorchImageClassificationTrainer.Options _options = TrainingRuns.Options with
    {
        MaxEpochs = 2,
        Objective = new KnowledgeDistillation(),
        Teacher = new ModelTeacher(new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns)),
    };

    [Fact]
    public void Rows_without_a_label_column_are_learnt_from()
    {
        var (ml, messages) = Context();
        var unlabelled = ml.Data.LoadFromEnumerable(TestRows.Make(12).Select(row => new { row.Image }));
        using var student = Fit(ml, _options with { UnlabelledSet = unlabelled }, TestRows.Make(30));
        Assert.Equal(12, student.Model.Card.Training.UnlabelledRows);
        Assert.Equal(30, student.Model.Card.Training.Rows.Sum(rows => rows.Training + rows.Validation));
        var said = "12 rows have no label: of them the student learns what the teacher says.";
        Assert.Contains(messages, message => message.Contains(said, StringComparison.Ordinal));
        // A third more rows than those that train on labels alone: they are among them.
        Assert.Contains(messages, message => message.Contains("Training on 39 images of 3 classes", StringComparison.Ordinal));
    }

    [Fact]
    public void Training_rows_without_a_label_are_kept_where_a_teacher_knows()
    {
        var (ml, _) = Context();
        var rows = TestRows.Make(30);
        foreach (var row in rows.Take(6))
            row.Label = "nothing that the keys know";
        using var student = Fit(ml, _options, rows);
        Assert.Equal(6, student.Model.Card.Training.UnlabelledRows);
    }

    [Fact]
    public void They_change_what_is_learnt()
    {
        var (ml, _) = Context();
        var unlabelled = ml.Data.LoadFromEnumerable(TestRows.Make(12).Select(row => new { row.Image }));
        using var with = Fit(ml, _options with { UnlabelledSet = unlabelled }, TestRows.Make(30));
        using var without = Fit(new MLContext(seed: 1), _options, TestRows.Make(30));
        Assert.NotEqual(with.Model.Card.WeightsSha256, without.Model.Card.WeightsSha256);
    }

    [Fact]
    public void A_column_of_scores_is_a_teacher_of_the_set()
    {
        var (ml, _) = Context();
        var unlabelled = ml.Data.LoadFromEnumerable(TestRows.Make(3).Select(row => new { row.Image }));
        var options = _options with { Teacher = null, TeacherScoreColumnName = "Scores", UnlabelledSet = unlabelled };
        // That there is no such column is what is wrong.
        Assert.Contains("'Scores'", Assert.ThrowsAny<Exception>(() => Fit(ml, options, TestRows.Make(30))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_teacher_the_set_is_refused_by_its_name()
    {
        var (ml, _) = Context();
        var unlabelled = ml.Data.LoadFromEnumerable(TestRows.Make(3).Select(row => new { row.Image }));
        var exception = Assert.Throws<InvalidOperationException>(() =>
            Fit(ml, TrainingRuns.Options with { UnlabelledSet = unlabelled }, TestRows.Make(30)));
        Assert.Equal(
            "UnlabelledSet has images without a label, of which only a teacher can tell what they are, but Teacher is null; set it, or leave "
                + "UnlabelledSet out.",
            exception.Message);
    }

    [Fact]
    public void A_set_without_images_is_refused()
    {
        var (ml, _) = Context();
        var unlabelled = ml.Data.LoadFromEnumerable(TestRows.Make(3).Select(row => new { row.Number }));
        Assert.Throws<ArgumentException>(() => Fit(ml, _options with { UnlabelledSet = unlabelled }, TestRows.Make(30)));
    }

    private static TorchImageClassificationTransformer Fit(
        MLContext ml, TorchImageClassificationTrainer.Options options, List<InputRow> rows) =>
        ml.MulticlassClassification.Trainers.TorchImageClassification(options)
            .Fit(TestRows.WithKeys(ml, ml.Data.LoadFromEnumerable(rows)));

    private static (MLContext ML, List<string> Messages) Context()
    {
        var (ml, messages) = (new MLContext(seed: 1), new List<string>());
        ml.Log += (_, log) => messages.Add(log.RawMessage);
        return (ml, messages);
    }
}
