using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

public sealed class SchemaTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Output_shape_equals_that_of_another_multiclass_trainer()
    {
        var input = Shapes.Of(TestRows.WithKeys(_ml, _ml.Data.LoadFromEnumerable([new SdcaRow()])).Schema);
        var expected = _ml.MulticlassClassification.Trainers.SdcaMaximumEntropy("Label", "Features").GetOutputSchema(input);
        var found = TorchImageClassificationSchema.Append(input, "Label", TestModels.Columns);
        Assert.Equal(Texts(expected), Texts(found));
    }

    [Fact]
    public void Fitted_schema_fits_the_promised_shape()
    {
        var data = TestRows.WithKeys(_ml, _ml.Data.LoadFromEnumerable(TestRows.Make(3)));
        var promised = TorchImageClassificationSchema.Append(Shapes.Of(data.Schema), "Label", TestModels.Columns);
        var fitted = Shapes.Of(TestModels.Fake(out _).Transform(data).Schema);
        Assert.Equal(Texts(promised), Texts(fitted));
    }

    [Theory]
    [InlineData(
        "Number",
        "Label column 'Number' is Int32; expected a key. " +
        "Append mlContext.Transforms.Conversion.MapValueToKey(\"Number\") before the trainer.")]
    [InlineData("Class", "Label column 'Class' is not there; the columns are 'Number', 'Label', 'Image', 'Numbers'.")]
    public void Label_that_is_no_key_is_refused(string column, string message)
    {
        var schema = _ml.Data.LoadFromEnumerable(TestRows.Make(3)).Schema;
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => LabelColumn.Find(schema, column)).Message);
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => LabelColumn.Find(Shapes.Of(schema), column)).Message);
    }

    [Fact]
    public void One_class_is_refused()
    {
        var data = _ml.Data.LoadFromEnumerable(TestRows.Make(3).Take(1));
        var schema = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).GetOutputSchema(data.Schema);
        Assert.Equal(
            "Label column 'Label' has 1 class ('red'); expected at least 2.",
            Assert.Throws<ArgumentException>(() => LabelColumn.Find(schema, "Label")).Message);
    }

    // Columns by name, and annotations too: only the order within a schema differs.
    private static IEnumerable<string> Texts(SchemaShape shape) => shape
        .GroupBy(column => column.Name).Select(columns => columns.Last())
        .Select(column => $"{column.Name}: {column.Kind} {column.ItemType} {column.IsKey} [{string.Join("; ", Texts(column.Annotations))}]")
        .Order(StringComparer.Ordinal);

    private sealed class SdcaRow
    {
        public string Label { get; set; } = "";

        public byte[] Image { get; set; } = [];

        [VectorType(4)]
        public float[] Features { get; set; } = new float[4];
    }
}
