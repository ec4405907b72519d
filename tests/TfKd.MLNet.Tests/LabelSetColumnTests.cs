using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>The forms that a column of several labels may have.</summary>
public sealed class LabelSetColumnTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Texts_are_divided_and_their_classes_are_those_that_are_there_in_order()
    {
        var data = Rows(new Texts { Label = "dog; cat" }, new Texts { Label = "" }, new Texts { Label = " cat ;;ant" });
        AssertIs(["ant", "cat", "dog"], [[1, 2], [], [0, 1]], Read(data));
        var others = Rows(new Texts { Label = "a,b" }, new Texts { Label = "b" });
        AssertIs(["a", "b"], [[0, 1], [1]], Read(others, ","));
    }

    [Fact]
    public void Vectors_of_texts_and_of_keys_are_sets()
    {
        var data = Rows(new Lists { Label = ["dog", "cat"] }, new Lists { Label = [] }, new Lists { Label = ["cat", "cat"] });
        AssertIs(["cat", "dog"], [[0, 1], [], [0]], Read(data));
        var keys = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
        AssertIs(["dog", "cat"], [[0, 1], [], [1]], Read(keys));
    }

    [Fact]
    public void Truth_values_and_numbers_have_a_place_a_class()
    {
        var flags = Rows(new Flags { Label = [true, false, true] }, new Flags { Label = [false, false, false] });
        AssertIs(["0", "1", "2"], [[0, 2], []], Read(flags));
        var unknown = new Numbers { Label = [float.NaN, float.NaN] };
        var numbers = Rows(new Numbers { Label = [0, 1] }, unknown, new Numbers { Label = [1, 1] });
        AssertIs(["0", "1"], [[1], null, [0, 1]], Read(numbers));
        // One-hot keys name their slots.
        var hot = Rows(new Lists { Label = ["b", "a"] }, new Lists { Label = ["a"] });
        var encoded = _ml.Transforms.Categorical
            .OneHotEncoding("Label", outputKind: Microsoft.ML.Transforms.OneHotEncodingEstimator.OutputKind.Bag).Fit(hot).Transform(hot);
        AssertIs(["b", "a"], [[0, 1], [1]], Read(encoded));
    }

    [Fact]
    public void What_is_no_set_of_labels_is_refused()
    {
        const string Expected = "; expected a text with a separator, a vector of texts or of keys with values, or a vector of known size "
            + "of Boolean, Single or Double.";
        var number = _ml.Data.LoadFromEnumerable([new { Label = 1f }]);
        Assert.Equal(
            "Label column 'Label' is Single, but Labels says that a row may have several" + Expected,
            Assert.Throws<ArgumentException>(() => Find(number)).Message);
        Assert.Throws<ArgumentException>(() => LabelSetColumn.Find(Shapes.Of(number.Schema), "Label"));
        Assert.Equal(
            "Label column 'Label' has 1 classes (cat); expected at least 2.",
            Assert.Throws<ArgumentException>(() => Read(Rows(new Texts { Label = "cat" }))).Message);
        Assert.Equal(
            "Row 0: label column 'Label' has 0.5 at place 1; expected 0 or 1, or NaN at all places where nothing is known.",
            Assert.Throws<InvalidOperationException>(() => Read(Rows(new Numbers { Label = [1, 0.5f] }))).Message);
        Assert.Equal(
            "Row 0: label column 'Label' has NaN at place 0; expected 0 or 1, or NaN at all places where nothing is known.",
            Assert.Throws<InvalidOperationException>(() => Read(Rows(new Numbers { Label = [float.NaN, 1] }))).Message);
        Assert.Equal(
            "Row 0: the label 'eel' in column 'Label' is none of the classes [cat, dog].",
            Assert.Throws<InvalidOperationException>(() => Labels(Rows(new Texts { Label = "eel" }), ["cat", "dog"])).Message);
        Assert.Equal(
            "Label column 'Label' has places for [0, 1, 2], but the classes are [cat, dog].",
            Assert.Throws<ArgumentException>(() => Labels(Rows(new Flags { Label = [true, true, true] }), ["cat", "dog"])).Message);
    }

    [Fact]
    public void Another_separator_in_all_classes_is_refused()
    {
        Assert.Equal(
            "Label column 'Label' has no text with the separator ',' between labels, and all of its 4 classes hold ';': 'a;b', 'a;c', "
                + "'b; c' and others. Set Separator of MultipleLabels to \";\", or make the column a vector of texts where these are "
                + "names.",
            Assert.Throws<ArgumentException>(() => Read(Texted("a;b", "a;c", "b; c", "c;d", ""), ",")).Message);
        // The same names by themselves are nobody's mistake.
        AssertIs(["a;b", "b;c"], [[0], [1]], Read(Rows(new Lists { Label = ["a;b"] }, new Lists { Label = ["b;c"] }), ","));
    }

    [Theory]
    [InlineData(",", new[] { "a;b", "c", "" }, "'a;b'")]
    [InlineData(";", new[] { "a|b", "a;c", "b" }, "'a|b'")]
    [InlineData(", ", new[] { "a;b", "a, b" }, "'a;b'")]
    // Names with a comma, each of a place and a country of its own; a code that two have in common is no label.
    [InlineData(";", new[] { "Paris, France;Rome, Italy", "Rome, Italy", "Lyon, France" }, null)]
    [InlineData(";", new[] { "a;b", "b", "c," }, null)]
    [InlineData(";", new[] { "a", "b" }, null)]
    public void Classes_that_look_like_several_labels_are_told(string separator, string[] texts, string? named)
    {
        List<string> warnings = [];
        Read(Texted(texts), separator, warnings);
        if (named is null)
            Assert.Empty(warnings);
        else
            Assert.Contains($"while the separator is '{separator}': {named}. If they are, set Separator", Assert.Single(warnings));
    }

    [Fact]
    public void A_column_is_found_before_there_are_data()
    {
        foreach (var data in (IDataView[])[Rows(new Texts()), Rows(new Lists()), Rows(new Flags { Label = [true, true, true] })])
            Assert.Equal("Label", LabelSetColumn.Find(Shapes.Of(data.Schema), "Label").Name);
    }

    [Fact]
    public void Scores_without_names_cannot_be_evaluated()
    {
        var data = _ml.Data.LoadFromEnumerable([new Scored { Label = "a", Score = [0.5f, 0.5f] }]);
        // A space may stand between labels, too.
        Assert.All([";", " "], separator => Assert.Equal(
            "Score column 'Score' is Vector<Single> of 2; expected a vector of Single of known size, with the class names as slot names.",
            Assert.Throws<ArgumentException>(
                () => _ml.MulticlassClassification.EvaluateMultiLabel(data, separator: separator)).Message));
    }

    private static void AssertIs(string[] names, int[]?[] labels, (string[] Names, int[]?[] Labels) found)
    {
        Assert.Equal(names, found.Names);
        Assert.Equal(labels, found.Labels);
    }

    private static (string[] Names, int[]?[] Labels) Read(IDataView data, string separator = ";", List<string>? warnings = null)
    {
        var names = Find(data, separator).ReadClasses(data, (warnings ?? []).Add).Names;
        return ([.. names], Labels(data, names, separator));
    }

    private static int[]?[] Labels(IDataView data, IReadOnlyList<string> names, string separator = ";")
    {
        var column = Find(data, separator);
        using var cursor = data.GetRowCursor([column.Column]);
        var (read, labels) = (column.Open(cursor, names), new List<int[]?>());
        while (cursor.MoveNext())
            labels.Add(read() is { } found ? [.. found.Distinct().Order()] : null);
        return [.. labels];
    }

    private static LabelSetColumn Find(IDataView data, string separator = ";") => LabelSetColumn.Find(data.Schema, "Label", separator);

    private IDataView Texted(params string[] texts) => Rows([.. texts.Select(text => new Texts { Label = text })]);

    private IDataView Rows<T>(params T[] rows) where T : class => _ml.Data.LoadFromEnumerable(rows);

    private sealed class Texts
    {
        public string Label { get; set; } = "";
    }

    private sealed class Lists
    {
        public string[] Label { get; set; } = [];
    }

    private sealed class Flags
    {
        [VectorType(3)]
        public bool[] Label { get; set; } = [];
    }

    private sealed class Numbers
    {
        [VectorType(2)]
        public float[] Label { get; set; } = [];
    }

    private sealed class Scored
    {
        public string Label { get; set; } = "";

        [VectorType(2)]
        public float[] Score { get; set; } = [];
    }
}
