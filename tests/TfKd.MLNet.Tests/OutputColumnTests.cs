using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>The columns beside score and predicted label, as ML.NET sees them.</summary>
public sealed class OutputColumnTests
{
    private static readonly TransformerColumns _columns = TestModels.Columns with
    {
        Embedding = "Features",
        Top = new TopColumns(2, "TopLabels", "TopScores"),
    };

    private readonly MLContext _ml = new(seed: 1);
    private readonly List<InputRow> _rows = TestRows.Make(30);
    private readonly IDataView _data;

    public OutputColumnTests() => _data = _ml.Data.LoadFromEnumerable(_rows);

    [Fact]
    public void Columns_follow_score_and_predicted_label_with_types_of_known_size()
    {
        var schema = TestModels.Fake(out _, _columns).GetOutputSchema(_data.Schema);
        Assert.Equal(
            ["PredictedLabel", "Score", "Features", "TopLabels", "TopScores"],
            schema.Skip(_data.Schema.Count).Select(column => column.Name));
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 3), schema["Features"].Type);
        Assert.Equal(new VectorDataViewType(TextDataViewType.Instance, 2), schema["TopLabels"].Type);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 2), schema["TopScores"].Type);
    }

    [Fact]
    public void Promised_and_fitted_schema_are_the_same()
    {
        var keys = TestRows.WithKeys(_ml, _data);
        var promised = TorchImageClassificationSchema.Append(Shapes.Of(keys.Schema), "Label", _columns);
        var fitted = Shapes.Of(TestModels.Fake(out _, _columns).Transform(keys).Schema);
        Assert.Equal(promised.Select(Text).Order(StringComparer.Ordinal), fitted.Select(Text).Order(StringComparer.Ordinal));

        static string Text(SchemaShape.Column column) => $"{column.Name} {column.Kind} {column.ItemType} {column.IsKey}";
    }

    [Fact]
    public void Rows_have_the_embedding_and_the_highest_scores()
    {
        var output = Read(TestModels.Fake(out var scorer, _columns).Transform(_data));
        Assert.Equal(30, output.Count);
        foreach (var row in output)
        {
            // What the fake scorer embeds is what it takes the softmax of.
            var powers = row.Features.Select(MathF.Exp).ToList();
            Assert.All(row.Score.Zip(powers), pair => Assert.Equal(pair.Second / powers.Sum(), pair.First, 1e-5));
            Assert.Equal(TestRows.Names[row.Number % 3], row.TopLabels[0]);
            Assert.Equal(row.Score.OrderDescending().Take(2), row.TopScores);
            Assert.Equal(row.TopScores.Select(score => TestRows.Names[Array.IndexOf(row.Score, score)]), row.TopLabels);
        }

        Assert.Equal((30, ScorerOutputs.Scores | ScorerOutputs.Embedding), (scorer.Images, scorer.Asked));
    }

    [Theory]
    [InlineData("Features", ScorerOutputs.Embedding, 1)]
    [InlineData("TopLabels", ScorerOutputs.Scores, 1)]
    [InlineData("TopScores", ScorerOutputs.Scores, 1)]
    [InlineData("Number", ScorerOutputs.None, 0)]
    public void Only_what_is_read_is_computed(string column, object asked, int calls)
    {
        var view = TestModels.Fake(out var scorer, _columns).Transform(_ml.Data.TakeRows(_data, 5));
        using (var cursor = view.GetRowCursor([view.Schema[column]]))
        {
            while (cursor.MoveNext())
                ReadValue(cursor, view.Schema[column]);
        }

        Assert.Equal(((ScorerOutputs)asked, calls), (scorer.Asked, scorer.Calls));
    }

    [Fact]
    public void Prediction_engine_gives_all_columns_of_a_row_by_one_run()
    {
        using var engine = _ml.Model.CreatePredictionEngine<InputRow, MoreRow>(TestModels.Fake(out var scorer, _columns));
        var rows = Read(TestModels.Fake(out _, _columns).Transform(_data));
        foreach (var (row, expected) in _rows.Zip(rows).Take(6))
        {
            var found = engine.Predict(row);
            Assert.Equal(expected.Features.Concat(expected.TopScores), found.Features.Concat(found.TopScores));
            Assert.Equal(expected.TopLabels.Append(row.Label), found.TopLabels.Append(found.TopLabels[0]));
        }

        Assert.Equal(6, scorer.Calls);
    }

    [Fact]
    public void Trainers_of_ml_net_cluster_and_classify_by_the_embedding()
    {
        var keys = TestRows.WithKeys(_ml, _data);
        var view = _ml.Data.Cache(TestModels.Fake(out var scorer, _columns).Transform(keys), "Label", "Features");
        var kMeans = new Microsoft.ML.Trainers.KMeansTrainer.Options { NumberOfClusters = 3, NumberOfThreads = 1 };
        var clusters = _ml.Clustering.Trainers.KMeans(kMeans).Fit(view).Transform(view).GetColumn<uint>("PredictedLabel");
        // A cluster a class.
        Assert.Equal(3, clusters.Zip(_rows, (cluster, row) => (cluster, row.Label)).Distinct().Count());
        var classifier = _ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Label", "Features").Fit(view);
        Assert.Equal(1, _ml.MulticlassClassification.Evaluate(classifier.Transform(view)).MicroAccuracy);
        Assert.Equal((30, ScorerOutputs.Embedding), (scorer.Images, scorer.Asked));
    }

    [Fact]
    public void More_classes_than_there_are_are_all_classes_and_rejected_rows_have_them_too()
    {
        using var transformer = TestModels.Fake(out _, TestModels.Columns)
            .WithRejection(new Rejection { Threshold = 1, Label = "unknown" })
            .WithTopK(9, "Best", "BestScores");
        Assert.Equal((9, "Best", "BestScores"), (transformer.TopK, transformer.TopLabelsColumnName, transformer.TopScoresColumnName));
        var view = transformer.Transform(_data);
        Assert.Equal(new VectorDataViewType(TextDataViewType.Instance, 3), view.Schema["Best"].Type);
        foreach (var (label, names, scores) in view.GetColumn<uint>("PredictedLabel")
            .Zip(view.GetColumn<string[]>("Best"), view.GetColumn<float[]>("BestScores")))
        {
            Assert.Equal(4u, label);
            Assert.Equal(TestRows.Names.Order(), names.Order());
            Assert.Equal(scores.OrderDescending(), scores);
        }

        using var none = transformer.WithTopK(0);
        Assert.Equal((0, null, null), (none.TopK, none.TopLabelsColumnName, none.TopScoresColumnName));
        Assert.Null(none.Transform(_data).Schema.GetColumnOrNull("Best"));
        Assert.Throws<ArgumentOutOfRangeException>(() => none.WithTopK(-1));
    }

    [Theory]
    [InlineData(new[] { 0.2f, 0.5f, 0.3f }, 2, new[] { 1, 2 })]
    [InlineData(new[] { 0.25f, 0.5f, 0.25f }, 3, new[] { 1, 0, 2 })]
    [InlineData(new[] { 0.1f, 0.1f, 0.4f, 0.4f }, 3, new[] { 2, 3, 0 })]
    [InlineData(new[] { float.NaN, 0.2f, float.NaN, 0.3f }, 4, new[] { 3, 1, 0, 2 })]
    [InlineData(new[] { 0.6f, 0.4f }, 1, new[] { 0 })]
    public void Highest_scores_fall_and_equal_ones_are_in_the_order_of_the_classes(float[] scores, int count, int[] expected)
    {
        var top = new int[count];
        TopColumns.Find(scores, top);
        Assert.Equal(expected, top);
    }

    [Fact]
    public void Labels_that_are_no_text_are_listed_as_text()
    {
        var classes = new ClassList("Int32", System.Text.Json.JsonSerializer.SerializeToElement(new[] { 30, 10, 20 }));
        using var transformer = TestModels.Fake(out _, classes: classes).WithTopK(1);
        var labels = transformer.Transform(_data).GetColumn<string[]>("TopLabels").Select(label => Assert.Single(label));
        string[] names = ["30", "10", "20"];
        Assert.Equal(_rows.Select(row => names[row.Number % 3]), labels);
    }

    [Fact]
    public void Two_columns_of_one_name_are_refused()
    {
        var options = new TorchImageClassificationTrainer.Options { EmbeddingColumnName = "Score" };
        Assert.Equal(
            "ScoreColumnName and EmbeddingColumnName are both 'Score'; expected two names for two columns.",
            Assert.Throws<ArgumentException>(() => _ml.MulticlassClassification.Trainers.TorchImageClassification(options)).Message);
        Assert.Equal(
            "TopLabelsColumnName and TopScoresColumnName are both 'Top'; expected two names for two columns.",
            Assert.Throws<ArgumentException>(() => TestModels.Fake(out _).WithTopK(2, "Top", "Top")).Message);
        // Names of columns that are not there are no names.
        var unused = new TorchImageClassificationTrainer.Options { TopLabelsColumnName = "Score" };
        Assert.NotNull(_ml.MulticlassClassification.Trainers.TorchImageClassification(unused));
    }

    private List<MoreRow> Read(IDataView view) => [.. _ml.Data.CreateEnumerable<MoreRow>(view, reuseRowObject: false)];

    private static void ReadValue(DataViewRowCursor cursor, DataViewSchema.Column column)
    {
        if (column.Type is VectorDataViewType { ItemType: TextDataViewType })
            Get<VBuffer<ReadOnlyMemory<char>>>();
        else if (column.Type is VectorDataViewType)
            Get<VBuffer<float>>();
        else
            Get<int>();

        void Get<T>()
        {
            T value = default!;
            cursor.GetGetter<T>(column)(ref value);
        }
    }

    private sealed class MoreRow
    {
        public int Number { get; set; }

        public float[] Score { get; set; } = [];

        public float[] Features { get; set; } = [];

        public string[] TopLabels { get; set; } = [];

        public float[] TopScores { get; set; } = [];
    }
}
