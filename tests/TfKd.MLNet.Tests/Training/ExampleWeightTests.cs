using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

public sealed class ExampleWeightTests
{
    private static readonly TorchImageClassificationTrainer.Options _options = TrainingRuns.Options with
    {
        ExampleWeightColumnName = "Weight",
        ValidationSetFraction = null,
    };

    [Fact]
    public void The_label_of_a_row_of_weight_zero_has_no_influence()
    {
        // Every seventh row is of the wrong class in one of the two data sets; the pixels are the same.
        string Train(bool isWrong, float weight) => Weights(rows: Rows(
            row => row.Number % 7 == 0 ? weight : 1 + row.Number % 2,
            row => isWrong && row.Number % 7 == 0 ? TestRows.Names[(row.Number + 1) % 3] : row.Label));

        Assert.Equal(Train(isWrong: false, 0), Train(isWrong: true, 0));
        Assert.NotEqual(Train(isWrong: false, 0.5f), Train(isWrong: true, 0.5f));
        Assert.NotEqual(Train(isWrong: false, 0), Train(isWrong: false, 0.5f));
    }

    [Fact]
    public void Equal_weights_are_as_none_and_any_kind_of_number_will_do()
    {
        var none = Weights(_options with { ExampleWeightColumnName = null }, Rows(_ => 1));

        Assert.Equal(none, Weights(rows: Rows(_ => 3)));
        string[] kinds =
        [
            Weights(rows: Rows(row => 1f + row.Number % 2)), Weights(rows: Rows(row => 1 + row.Number % 2)),
            Weights(rows: Rows(row => (byte)(1 + row.Number % 2))), Weights(rows: Rows(row => 1.0 + row.Number % 2)),
        ];
        Assert.Single(kinds.Distinct());
        Assert.NotEqual(none, kinds[0]);
    }

    [Fact]
    public void Classes_are_weighed_too_and_the_model_says_so()
    {
        var options = _options with { ClassWeighting = new InverseFrequencyWeighting() };
        var rows = Rows(row => 1 + row.Number % 2, row => row.Label == "red" && row.Number < 60 ? "green" : row.Label);
        using var model = TrainingRuns.Fit(options: options, rows: rows);

        Assert.Contains("Class weighting: InverseFrequencyWeighting { }", model.Model.Card.Training.Plan, StringComparison.Ordinal);
        Assert.NotEqual(Weights(rows: rows), model.Model.Card.WeightsSha256);
    }

    [Fact]
    public void Validation_rows_need_no_weight()
    {
        var ml = new MLContext(seed: 1);
        var epochs = new List<EpochMetrics>();
        using var model = TrainingRuns.Fit(
            options: _options with { ValidationSet = TrainingRuns.Rows(ml, 30), MetricsCallback = epochs.Add },
            rows: Rows(row => 1 + row.Number % 2));

        Assert.All(epochs, epoch => Assert.Equal(30, epoch.Validation!.Count));
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(-1.5f, "-1.5")]
    [InlineData(float.PositiveInfinity, "Infinity")]
    public void A_weight_that_cannot_be_is_named_with_its_row(float weight, string text) => Assert.Equal(
        $"Row 7: the weight in column 'Weight' is {text}; expected a finite number of 0 or above.",
        Assert.Throws<InvalidOperationException>(() => Weights(rows: Rows(row => row.Number == 7 ? weight : 1))).Message);

    [Fact]
    public void Weights_that_are_all_zero_are_refused() => Assert.Equal(
        "All 90 training rows have the weight 0, so there is nothing to learn from; expected one above 0 at least.",
        Assert.Throws<InvalidOperationException>(() => Weights(rows: Rows(_ => 0))).Message);

    [Theory]
    [InlineData("Share", "Example weight column 'Share' is not there; the columns are 'Label', 'Image', 'Numbers', 'Weight'.")]
    [InlineData("Label", "Example weight column 'Label' is Key<UInt32>; expected a number.")]
    [InlineData("Numbers", "Example weight column 'Numbers' is Vector<Single> of unknown size; expected a number.")]
    public void A_column_of_the_wrong_type_is_refused_by_fit_and_by_the_schema(string column, string message)
    {
        var ml = new MLContext(seed: 1);
        var rows = Rows(_ => 1)(ml);
        var trainer = ml.MulticlassClassification.Trainers.TorchImageClassification(_options with { ExampleWeightColumnName = column });

        Assert.Equal(message, Assert.Throws<ArgumentException>(() => trainer.Fit(rows)).Message);
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => trainer.GetOutputSchema(Shapes.Of(rows.Schema))).Message);
        Assert.Equal(
            "ExampleWeightColumnName must be a name, but is empty. (Parameter 'ExampleWeightColumnName')",
            Assert.Throws<ArgumentException>(() => _options with { ExampleWeightColumnName = " " }).Message);
    }

    private static string Weights(TorchImageClassificationTrainer.Options? options = null, Func<MLContext, IDataView>? rows = null)
    {
        using var model = TrainingRuns.Fit(options: options ?? _options, rows: rows);
        return model.Model.Card.WeightsSha256;
    }

    private static Func<MLContext, IDataView> Rows<T>(Func<InputRow, T> weight, Func<InputRow, string>? label = null) =>
        ml => TestRows.WithKeys(ml, ml.Data.LoadFromEnumerable(
        TestRows.Make(90).Select(row => new { Label = label?.Invoke(row) ?? row.Label, row.Image, row.Numbers, Weight = weight(row) })));
}
