using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>What ML.NET asks of every transformer of images to classes; 300 rows are three blocks and more.</summary>
public sealed class TransformerContractTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly List<InputRow> _rows = TestRows.Make(300);
    private readonly IDataView _data;

    public TransformerContractTests() => _data = _ml.Data.LoadFromEnumerable(_rows);

    [Fact]
    public void Rows_pass_through_with_their_own_scores()
    {
        var transformer = TestModels.Fake(out var scorer);
        var output = TestRows.Read(_ml, transformer.Transform(_data));
        Assert.Equal(300, output.Count);
        foreach (var (row, i) in output.Select((row, i) => (row, i)))
        {
            Assert.Equal(i, row.Number);
            Assert.Equal(_rows[i].Label, row.Label);
            Assert.Equal(_rows[i].Numbers, row.Numbers);
            Assert.Equal((uint)(i % 3 + 1), row.PredictedLabel);
            Assert.Equal(1, row.Score.Sum(), 1e-5);
        }

        Assert.Equal(300, scorer.Images);
        Assert.InRange(scorer.Calls, 3, 10);
    }

    [Fact]
    public void Schema_has_keys_names_and_score_kinds()
    {
        var schema = TestModels.Fake(out _).Transform(_data).Schema;
        var predicted = schema["PredictedLabel"];
        var score = schema["Score"];
        Assert.Equal(new KeyDataViewType(typeof(uint), 3), predicted.Type);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 3), score.Type);
        VBuffer<ReadOnlyMemory<char>> names = default;
        predicted.GetKeyValues(ref names);
        Assert.Equal(TestRows.Names, names.DenseValues().Select(name => name.ToString()));
        score.GetSlotNames(ref names);
        Assert.Equal(TestRows.Names, names.DenseValues().Select(name => name.ToString()));
        Assert.Equal(_data.Schema.Count, predicted.Index);
    }

    [Fact]
    public void Column_names_are_configurable()
    {
        var transformer = TestModels.Fake(out _, new TransformerColumns("Image", "Probabilities", "Guess"));
        var preview = transformer.Transform(_data).Preview(1);
        Assert.Equal(["Guess", "Probabilities"], preview.Schema.Select(column => column.Name).TakeLast(2));
        Assert.Equal(
            ("Image", "Probabilities", "Guess"),
            (transformer.FeatureColumnName, transformer.ScoreColumnName, transformer.PredictedLabelColumnName));
    }

    [Fact]
    public void Evaluate_sees_a_perfect_classifier_and_its_class_names()
    {
        var view = TestModels.Fake(out _).Transform(TestRows.WithKeys(_ml, _data));
        var metrics = _ml.MulticlassClassification.Evaluate(view, topKPredictionCount: 2);
        Assert.Equal(1, metrics.MicroAccuracy);
        Assert.Equal(1, metrics.TopKAccuracy);
        Assert.Contains("green", metrics.ConfusionMatrix.GetFormattedConfusionTable(), StringComparison.Ordinal);
    }

    [Fact]
    public void Second_score_column_has_a_set_id_of_its_own()
    {
        var first = TestModels.Fake(out _).Transform(_data);
        var second = TestModels.Fake(out _, new TransformerColumns("Image", "Score2", "PredictedLabel2")).Transform(first);
        Assert.Equal(1u, SetId(second.Schema["Score"]));
        Assert.Equal(2u, SetId(second.Schema["Score2"]));
        Assert.Equal(2u, SetId(second.Schema["PredictedLabel2"]));

        static uint SetId(DataViewSchema.Column column)
        {
            var id = 0u;
            column.Annotations.GetValue("ScoreColumnSetId", ref id);
            return id;
        }
    }

    [Fact]
    public void Preview_and_take_score_few_rows()
    {
        var transformer = TestModels.Fake(out var scorer);
        var preview = transformer.Transform(_data).Preview(5);
        Assert.Equal(5, preview.RowView.Length);
        Assert.Equal(8, scorer.Images);
    }

    [Fact]
    public void Nothing_is_scored_where_no_score_is_asked_for()
    {
        var transformer = TestModels.Fake(out var scorer);
        var numbers = transformer.Transform(_data).GetColumn<int>("Number");
        Assert.Equal(Enumerable.Range(0, 300), numbers);
        Assert.Equal(0, scorer.Calls);
    }

    [Fact]
    public void Shuffled_rows_keep_their_scores()
    {
        var transformer = TestModels.Fake(out _);
        var before = TestRows.Read(_ml, transformer.Transform(_ml.Data.ShuffleRows(_data, seed: 3)));
        var after = TestRows.Read(_ml, _ml.Data.ShuffleRows(transformer.Transform(_data), seed: 3));
        foreach (var output in new[] { before, after })
        {
            Assert.NotEqual(Enumerable.Range(0, 300), output.Select(row => row.Number));
            Assert.Equal(Enumerable.Range(0, 300), output.Select(row => row.Number).Order());
            Assert.All(output, row => Assert.Equal((uint)(row.Number % 3 + 1), row.PredictedLabel));
        }
    }

    [Fact]
    public void Cache_skip_take_and_filter_work()
    {
        var transformer = TestModels.Fake(out var scorer);
        var cached = _ml.Data.Cache(transformer.Transform(_data), "Number", "Score", "PredictedLabel");
        Assert.Equal(300, cached.GetColumn<uint>("PredictedLabel").Count());
        Assert.Equal(300, cached.GetColumn<uint>("PredictedLabel").Count());
        Assert.Equal(300, scorer.Images);
        var view = transformer.Transform(_data);
        Assert.Equal(Enumerable.Range(120, 30), _ml.Data.TakeRows(_ml.Data.SkipRows(view, 120), 30).GetColumn<int>("Number"));
        Assert.Equal(300, view.GetRowCount());
    }

    [Fact]
    public void Saved_binary_data_loads_with_the_same_scores()
    {
        var view = TestModels.Fake(out _).Transform(_data);
        using var folder = new TemporaryFolder();
        var path = folder.File("data.idv");
        using (var stream = File.Create(path))
            _ml.Data.SaveAsBinary(view, stream);
        var loaded = _ml.Data.LoadFromBinary(path);
        Assert.Equal(view.GetColumn<float[]>("Score"), loaded.GetColumn<float[]>("Score"));
        VBuffer<ReadOnlyMemory<char>> names = default;
        loaded.Schema["Score"].GetSlotNames(ref names);
        Assert.Equal("blue", names.GetItemOrDefault(2).ToString());
    }

    [Fact]
    public void Cursor_set_is_one_cursor_with_the_ids_of_the_input()
    {
        var view = TestModels.Fake(out _).Transform(_data);
        using var cursor = Assert.Single(view.GetRowCursorSet(view.Schema, 4));
        using var input = _data.GetRowCursor([]);
        var (id, inputId) = (cursor.GetIdGetter(), input.GetIdGetter());
        for (var row = 0; cursor.MoveNext(); row++)
        {
            Assert.True(input.MoveNext());
            DataViewRowId found = default, expected = default;
            id(ref found);
            inputId(ref expected);
            Assert.Equal(expected, found);
            Assert.Equal((row, input.Batch), (cursor.Position, cursor.Batch));
        }

        Assert.False(input.MoveNext());
        Assert.False(cursor.MoveNext());
        Assert.Equal(-1, cursor.Position);
    }

    [Fact]
    public void Another_trainer_learns_from_the_scores()
    {
        var keys = TestRows.WithKeys(_ml, _data);
        var scored = TestModels.Fake(out _, new TransformerColumns("Image", "Deep", "DeepLabel")).Transform(keys);
        var chain = _ml.Transforms.Conversion.ConvertType("Number", outputKind: DataKind.Single)
            .AppendCacheCheckpoint(_ml)
            .Append(_ml.MulticlassClassification.Trainers.SdcaMaximumEntropy("Label", "Deep"));
        var metrics = _ml.MulticlassClassification.Evaluate(chain.Fit(scored).Transform(scored));
        Assert.InRange(metrics.MicroAccuracy, 0.99, 1);
    }

    [Fact]
    public void Prediction_engine_scores_one_row_alone_and_in_a_chain()
    {
        var transformer = TestModels.Fake(out var scorer);
        var alone = _ml.Model.CreatePredictionEngine<InputRow, OutputRow>(
            transformer, new PredictionEngineOptions { OwnsTransformer = false });
        var chain = new TransformerChain<ITransformer>(
            TestModels.Fake(out _),
            _ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel").Fit(TestModels.Fake(out _).Transform(_data)));
        var chained = _ml.Model.CreatePredictionEngine<InputRow, NamedRow>(chain);
        foreach (var row in _rows.Take(6))
        {
            var output = alone.Predict(row);
            Assert.Equal((uint)(row.Number % 3 + 1), output.PredictedLabel);
            Assert.Equal(row.Number, output.Number);
            Assert.Equal(row.Label, chained.Predict(row).Name);
        }

        // Score and PredictedLabel of a row share one run.
        Assert.Equal(6, scorer.Calls);
        alone.Dispose();
        Assert.False(scorer.IsDisposed);
    }

    [Fact]
    public void Getter_of_another_type_or_of_an_inactive_column_is_refused()
    {
        var view = TestModels.Fake(out _).Transform(_data);
        using var cursor = view.GetRowCursor([view.Schema["Score"]]);
        Assert.Throws<ArgumentException>(() => cursor.GetGetter<int>(view.Schema["Number"]));
        Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<float>(view.Schema["Score"]));
    }

    private sealed class NamedRow
    {
        public string Name { get; set; } = "";
    }
}
