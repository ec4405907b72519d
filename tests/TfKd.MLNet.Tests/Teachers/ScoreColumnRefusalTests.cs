using Microsoft.ML;

namespace TfKd.MLNet.Tests;

/// <summary>Score columns that cannot teach are refused, before training or at the row that is wrong.</summary>
public sealed class ScoreColumnRefusalTests
{
    private static readonly ScoreColumnTeacher _source = new("Scores") { ClassNames = TestRows.Names };

    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData("Number", "Teacher score column 'Number' is not there; the columns are 'Label', 'Colour', 'Image', 'Pixels', 'Scores'.")]
    [InlineData("Colour", "Teacher score column 'Colour' is Text; expected a known-size float vector, one number a class.")]
    [InlineData(
        "Image", "Teacher score column 'Image' is Vector<Byte> of unknown size; expected a known-size float vector, one number a class.")]
    public void Columns_of_the_wrong_type_are_refused_by_fit_and_by_the_schema(string column, string message)
    {
        var rows = TestRows.WithKeys(_ml, _ml.Data.LoadFromEnumerable(TeacherCases.Rows(9)));
        var trainer = _ml.MulticlassClassification.Trainers.TorchImageClassification(
            TeacherCases.Options with { TeacherScoreColumnName = column });

        Assert.Equal(message, Assert.Throws<ArgumentException>(() => trainer.Fit(rows)).Message);
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => trainer.GetOutputSchema(Shapes.Of(rows.Schema))).Message);
    }

    [Fact]
    public void Columns_without_names_need_them()
    {
        var rows = _ml.Data.LoadFromEnumerable(TeacherCases.Rows(9));
        Assert.Equal(
            "Teacher score column 'Scores' has no slot names that say which classes its 3 scores are of. Set ClassNames of " +
            "ScoreColumnTeacher, in their order.",
            Assert.Throws<ArgumentException>(() => Fit(TeacherCases.Options with { TeacherScoreColumnName = "Scores" }, rows)).Message);
        Assert.Equal(
            "Teacher score column 'Scores' has 3 scores, but ClassNames of ScoreColumnTeacher has 2 names.",
            Assert.Throws<ArgumentException>(() =>
                Fit(TeacherCases.Options with { Teacher = _source with { ClassNames = ["red", "green"] } }, rows)).Message);
        Assert.NotEmpty(
            _ml.MulticlassClassification.Trainers.TorchImageClassification(
                TeacherCases.Options with { Teacher = _source }).GetOutputSchema(Shapes.Of(TestRows.WithKeys(_ml, rows).Schema)));
    }

    [Theory]
    [InlineData(new[] { 0.5f, float.NaN, 0.5f }, TeacherOutput.Probabilities, "NaN for class 1; expected finite numbers")]
    [InlineData(new[] { 0.5f, 0.5f, float.PositiveInfinity }, TeacherOutput.Logits, "Infinity for class 2; expected finite numbers")]
    [InlineData(new[] { 0f, 0, 0 }, TeacherOutput.Probabilities, "0 for all classes; expected probabilities")]
    [InlineData(
        new[] { -1f, 1, 1 },
        TeacherOutput.Probabilities,
        "-1 for class 0; expected probabilities, 0 or above (set Output to Logits where they are logits)")]
    public void Rows_whose_scores_are_none_are_named(float[] scores, TeacherOutput output, string reason)
    {
        var rows = TeacherCases.Rows(9);
        rows[7].Scores = scores;
        var options = TeacherCases.Options with { Teacher = _source with { Output = output } };

        Assert.Equal(
            $"Row 7: teacher score column 'Scores' has {reason}.",
            Assert.Throws<InvalidDataException>(() => Fit(options, _ml.Data.LoadFromEnumerable(rows))).Message);
    }

    private TorchImageClassificationTransformer Fit(TorchImageClassificationTrainer.Options options, IDataView rows) =>
        _ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(TestRows.WithKeys(_ml, rows));
}
