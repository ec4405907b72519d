using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

public sealed class ClassKeysTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Keys_of_any_type_come_back_from_the_card()
    {
        RoundTrip(["zebra", "\"quoted\"", "Größe 42"], "zebra");
        RoundTrip([true, false], "True");
        RoundTrip([(sbyte)-3, (sbyte)7], "-3");
        RoundTrip([(byte)3, (byte)7], "3");
        RoundTrip([(short)-300, (short)7], "-300");
        RoundTrip([(ushort)300, (ushort)7], "300");
        RoundTrip([-70000, 7], "-70000");
        RoundTrip([70000u, 7u], "70000");
        RoundTrip([long.MinValue, long.MaxValue], "-9223372036854775808");
        RoundTrip([ulong.MaxValue, 1ul], "18446744073709551615");
        RoundTrip([0.1f, float.MaxValue, -1e-30f], "0.1");
        RoundTrip([Math.PI, double.Epsilon], "3.141592653589793");
        RoundTrip([new DateTime(2024, 2, 29, 1, 2, 3, DateTimeKind.Utc), new DateTime(1999, 1, 1)], "2024-02-29T01:02:03.0000000Z");
        RoundTrip([new DateTimeOffset(2024, 2, 29, 1, 2, 3, TimeSpan.FromHours(2)), default], "2024-02-29T01:02:03.0000000+02:00");
        RoundTrip([TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(400)], "00:00:00.0010000");
    }

    [Fact]
    public void Predicted_label_maps_back_to_a_number()
    {
        var data = _ml.Data.LoadFromEnumerable(
            TestRows.Make(6).Select(row => new NumberRow { Label = 10 * (row.Number % 3), Image = row.Image }));
        var keys = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
        var classes = ClassKeys.FromLabel(LabelColumn.Find(keys.Schema, "Label")).ToCard();
        var scored = TestModels.Fake(out _, classes: classes).Transform(keys);
        var back = _ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(scored).Transform(scored);
        Assert.Equal([0, 10, 20, 0, 10, 20], back.GetColumn<int>("PredictedLabel"));
        VBuffer<ReadOnlyMemory<char>> names = default;
        scored.Schema["Score"].GetSlotNames(ref names);
        Assert.Equal(["0", "10", "20"], names.DenseValues().Select(name => name.ToString()));
    }

    [Fact]
    public void Key_without_values_has_indices_as_names_and_no_annotation()
    {
        var data = _ml.Data.LoadFromEnumerable([new KeyRow { Label = 1 }]);
        var classes = ClassKeys.FromLabel(LabelColumn.Find(data.Schema, "Label"));
        Assert.Equal(["0", "1", "2"], classes.Names);
        Assert.Equal(["0", "1", "2"], ClassKeys.FromCard(classes.ToCard()).Names);
        var schema = TestModels.Fake(out _, classes: classes.ToCard()).Transform(data).Schema;
        Assert.False(schema["PredictedLabel"].HasKeyValues());
        Assert.False(schema["Score"].HasSlotNames());
    }

    [Fact]
    public void Unknown_type_and_wrong_value_are_refused()
    {
        var names = TestModels.TextClasses("a", "b");
        Assert.StartsWith(
            "The classes are of type Colour; expected one of Text, Boolean,",
            Assert.Throws<InvalidDataException>(() => ClassKeys.FromCard(names with { Type = "Colour" })).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "The classes are not all of type Int32:",
            Assert.Throws<InvalidDataException>(() => ClassKeys.FromCard(names with { Type = "Int32" })).Message,
            StringComparison.Ordinal);
    }

    private void RoundTrip<T>(T[] values, string firstName)
    {
        var data = _ml.Data.LoadFromEnumerable(values.Select(value => new ValueRow<T> { Label = value }));
        var mapped = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
        var classes = ClassKeys.FromLabel(LabelColumn.Find(mapped.Schema, "Label"));
        var card = ModelCard.FromJson(System.Text.Encoding.UTF8.GetBytes(TestModels.WithMadeUpBytes(classes.ToCard()).Card.ToJson()));
        var loaded = ClassKeys.FromCard(card.Classes);
        Assert.Equal(firstName, loaded.Names[0]);

        var annotations = new DataViewSchema.Annotations.Builder();
        loaded.AddValues(annotations, "KeyValues");
        var column = new DataViewSchema.Builder();
        column.AddColumn("Label", new KeyDataViewType(typeof(uint), values.Length), annotations.ToAnnotations());
        Assert.Equal(Texts(mapped.Schema["Label"]), Texts(column.ToSchema()["Label"]));

        static string[] Texts(DataViewSchema.Column column)
        {
            var type = (VectorDataViewType)column.Annotations.Schema["KeyValues"].Type;
            if (type.ItemType is TextDataViewType)
                return Array.ConvertAll(Read<ReadOnlyMemory<char>>(column), value => value.ToString());
            Assert.Equal(typeof(T), type.ItemType.RawType);
            return Array.ConvertAll(
                Read<T>(column),
                value =>
                    value is IFormattable formattable
                        ? formattable.ToString(value is DateTime or DateTimeOffset ? "O" : null, null)
                        : $"{value}");
        }

        static TItem[] Read<TItem>(DataViewSchema.Column column)
        {
            VBuffer<TItem> buffer = default;
            column.GetKeyValues(ref buffer);
            return [.. buffer.DenseValues()];
        }
    }

    private sealed class ValueRow<T>
    {
        public T? Label { get; set; }
    }

    private sealed class NumberRow
    {
        public int Label { get; set; }

        public byte[] Image { get; set; } = [];
    }

    private sealed class KeyRow
    {
        [KeyType(3)]
        public uint Label { get; set; }

        public byte[] Image { get; set; } = [];
    }
}
