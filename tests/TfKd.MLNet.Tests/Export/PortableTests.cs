using System.Globalization;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

public sealed class PortableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml;
    private readonly List<PortablePathRow> _rows;
    private readonly IDataView _data;

    public PortableTests()
    {
        _ml = new MLContext(seed: 1) { TempFilePath = Directory.CreateDirectory(_folder.File("temp")).FullName };
        _rows =
        [
            .. TestRows.Make(30).Select(row =>
                new PortablePathRow
                {
                    Number = row.Number,
                    Label = row.Label,
                    Image = Write($"{row.Number}.png", row.Image),
                    Images = $"i{row.Number}",
                    Scores = row.Number,
                }),
        ];
        _data = _ml.Data.LoadFromEnumerable(_rows);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Program_without_the_library_predicts_the_same()
    {
        using var own = Open(TestModels.WithNetwork());
        using var portable = Portable(own);
        var chain = new TransformerChain<ITransformer>(
            portable, _ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel").Fit(portable.Transform(_data)));
        _ml.Model.Save(chain, _data.Schema, _folder.File("portable.zip"));

        var scored = Read(own.Transform(_data));
        var names = scored.Select(row => TestRows.Names[row.PredictedLabel - 1]).ToArray();
        var lines = scored.Zip(names, (row, name) => $"{name} {Bits(row.Score)} red green blue");
        Assert.Equal(
            ["Image ImagePath PredictedLabel Score Name", .. lines, names[0]],
            LoadProbe.RunPortable(_folder.File("portable.zip"), _rows.Select(row => row.Image)));
    }

    [Fact]
    public void Model_of_a_folder_of_images_reads_the_paths_of_the_same_data()
    {
        foreach (var row in TestRows.Make(6))
        {
            var folder = Directory.CreateDirectory(_folder.File($"photos/{row.Label}"));
            File.WriteAllBytes(Path.Combine(folder.FullName, $"{row.Number}.png"), row.Image);
        }

        var photos = _ml.Data.LoadImagesFromFolder(_folder.File("photos"));
        using var own = Open(TestModels.WithNetwork());
        var portable = own.ToPortable(_ml, imageColumnName: "ImagePath");
        using var chain = new TransformerChain<ITransformer>(
            portable, _ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel").Fit(portable.Transform(photos)));
        _ml.Model.Save(chain, photos.Schema, _folder.File("photos.zip"));

        _ml.Model.Load(_folder.File("photos.zip"), out var schema);
        Assert.Equal(TextDataViewType.Instance, schema["ImagePath"].Type);
        var scored = own.Transform(photos);
        var expected = scored.GetColumn<float[]>("Score").Zip(scored.GetColumn<uint>("PredictedLabel"), (score, key) =>
            $"{TestRows.Names[key - 1]} {Bits(score)} red green blue").ToList();
        var lines = LoadProbe.RunPortable(_folder.File("photos.zip"), photos.GetColumn<string>("ImagePath"));
        Assert.Equal(expected, lines[1..^1]);
    }

    [Fact]
    public void Program_without_the_library_has_neither_it_nor_torch()
    {
        var files = Directory.GetFiles(LoadProbe.PortableFolder, "*", SearchOption.AllDirectories);
        Assert.Contains(files, file => Path.GetFileName(file) == "PortableProbe.dll");
        Assert.DoesNotContain(
            files,
            file =>
                Path.GetFileName(file).StartsWith("TfKd", StringComparison.OrdinalIgnoreCase)
                    || file.Contains("torch", StringComparison.OrdinalIgnoreCase));
        var dependencies = File.ReadAllText(Path.Combine(LoadProbe.PortableFolder, "PortableProbe.deps.json"));
        Assert.DoesNotContain("TfKd", dependencies, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("torch", dependencies, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Every_step_is_of_ml_net()
    {
        using var portable = Portable(Open(TestModels.WithNetwork()));
        Assert.All(portable, step => Assert.StartsWith("Microsoft.ML.", step.GetType().Assembly.GetName().Name, StringComparison.Ordinal));
        Assert.Equal(6, portable.Count());
    }

    [Fact]
    public void Schema_is_that_of_the_transformer()
    {
        using var own = Open(TestModels.WithNetwork());
        using var portable = Portable(own);
        Assert.Equal(Describe(own.GetOutputSchema(_data.Schema)), Describe(portable.GetOutputSchema(_data.Schema)));

        static IEnumerable<string> Describe(DataViewSchema schema) =>
            schema.Select(column => $"{column.Name}: {column.Type} {Annotations(column.Annotations.Schema)}");

        static string Annotations(DataViewSchema kinds) =>
            string.Join(' ', kinds.OrderBy(kind => kind.Name, StringComparer.Ordinal).Select(kind => $"{kind.Name}: {kind.Type}"));
    }

    [Fact]
    public void Columns_have_the_names_of_the_transformer_and_those_of_the_data_stay()
    {
        using var own = Open(TestModels.WithNetwork(), new TransformerColumns("Image", "images", "Label"));
        using var portable = Portable(own);
        var scored = portable.Transform(_data);
        Assert.Equal(
            ["Number", "Label", "Image", "images", "Scores"],
            scored.Schema.Where(column => !column.IsHidden).Select(column => column.Name));
        Assert.Equal(_rows.Select(row => row.Scores), scored.GetColumn<int>("Scores"));
        Assert.Equal(own.Transform(_data).GetColumn<float[]>("images"), scored.GetColumn<float[]>("images"));
    }

    [Fact]
    public void Keys_of_numbers_map_back_and_name_no_slots()
    {
        using var own = Open(TestModels.WithNetwork(new ClassList("Int32", JsonSerializer.SerializeToElement(new[] { 30, -10, 20 }))));
        using var portable = Portable(own);
        var scored = portable.Transform(_data);
        var back = _ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(scored).Transform(scored);
        Assert.Equal(
            own.Transform(_data).GetColumn<uint>("PredictedLabel").Select(key => new[] { 30, -10, 20 }[key - 1]),
            back.GetColumn<int>("PredictedLabel"));
        VBuffer<int> values = default;
        scored.Schema["Score"].Annotations.GetValue("TrainingLabelValues", ref values);
        Assert.Equal([30, -10, 20], values.DenseValues());
        Assert.False(scored.Schema["Score"].HasSlotNames());
    }

    [Fact]
    public void A_model_in_a_file_named_ort_would_be_read_as_another_format()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in (string[])["model.onnx", "model.ort"])
            File.WriteAllBytes(folder.File(name), TestModels.WithNetwork().Onnx.ToArray());

        using var session = new Microsoft.ML.OnnxRuntime.InferenceSession(folder.File("model.onnx"));

        Assert.Throws<Microsoft.ML.OnnxRuntime.OnnxRuntimeException>(
            () => new Microsoft.ML.OnnxRuntime.InferenceSession(folder.File("model.ort")));
    }

    [Fact]
    public void Keys_of_any_type_come_back_from_the_file()
    {
        RoundTrip([true, false]);
        RoundTrip([(sbyte)-3, (sbyte)7]);
        RoundTrip([0.1f, float.MaxValue, -1e-30f]);
        RoundTrip([ulong.MaxValue, 1ul]);
        RoundTrip([new DateTime(2024, 2, 29, 1, 2, 3, DateTimeKind.Utc), new DateTime(1999, 1, 1)]);
        RoundTrip([new DateTimeOffset(2024, 2, 29, 1, 2, 3, TimeSpan.FromHours(2)), default]);
        RoundTrip([TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(400)]);
    }

    [Fact]
    public void Key_without_values_stays_one()
    {
        using var own = Open(TestModels.WithNetwork(new ClassList(null, JsonSerializer.SerializeToElement(TestRows.Names))));
        using var portable = Load(Save(Portable(own)));
        var scored = portable.Transform(_data);
        Assert.Equal(new KeyDataViewType(typeof(uint), 3), scored.Schema["PredictedLabel"].Type);
        Assert.False(scored.Schema["PredictedLabel"].HasKeyValues());
        Assert.False(scored.Schema["Score"].HasSlotNames());
        Assert.Equal(own.Transform(_data).GetColumn<uint>("PredictedLabel"), scored.GetColumn<uint>("PredictedLabel"));
    }

    [Fact]
    public void Images_in_memory_are_scored_by_an_engine()
    {
        using var own = Open(TestModels.WithNetwork());
        using var portable = Load(Save(Portable(own, PortableImageColumn.MLImage), isPath: false));
        using var engine = _ml.Model.CreatePredictionEngine<PortableImageRow, PortableScoredRow>(
            portable, new PredictionEngineOptions { OwnsTransformer = false });
        var expected = Read(own.Transform(_data));
        foreach (var row in _rows)
        {
            using var stream = File.OpenRead(row.Image);
            var found = engine.Predict(new PortableImageRow { Image = MLImage.CreateFromStream(stream) });
            Assert.Equal(Bits(expected[row.Number].Score), Bits(found.Score));
            Assert.Equal(expected[row.Number].PredictedLabel, found.PredictedLabel);
        }
    }

    [Fact]
    public void Evaluation_gives_the_same_metrics()
    {
        using var own = Open(TestModels.WithNetwork());
        using var portable = Portable(own);
        var labelled = TestRows.WithKeys(_ml, _data);
        var expected = _ml.MulticlassClassification.Evaluate(own.Transform(labelled));
        var found = _ml.MulticlassClassification.Evaluate(portable.Transform(labelled));
        Assert.Equal((expected.MicroAccuracy, expected.LogLoss), (found.MicroAccuracy, found.LogLoss));
        Assert.Equal(expected.ConfusionMatrix.GetFormattedConfusionTable(), found.ConfusionMatrix.GetFormattedConfusionTable());
    }

    [Fact]
    public async Task Threads_get_the_scores_that_one_gets()
    {
        using var portable = Portable(Open(TestModels.WithNetwork()));
        var expected = portable.Transform(_data).GetColumn<float[]>("Score").Select(Bits).ToArray();
        var found = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ =>
                Task.Run(() => portable.Transform(_data).GetColumn<float[]>("Score").Select(Bits).ToArray())));
        Assert.All(found, scores => Assert.Equal(expected, scores));
    }

    [Fact]
    public void Temporary_file_goes_with_the_chain()
    {
        var portable = Portable(Open(TestModels.WithNetwork()));
        Assert.True(Directory.GetFiles(_ml.TempFilePath).Length <= 1);
        Assert.NotEmpty(portable.Transform(_data).GetColumn<uint>("PredictedLabel"));
        portable.Dispose();
        Assert.Empty(Directory.GetFiles(_ml.TempFilePath));
    }

    private void RoundTrip<T>(T[] values)
    {
        using var own = Open(TestModels.WithNetwork(new ClassList(typeof(T).Name, JsonSerializer.SerializeToElement(values))));
        using var portable = Load(Save(Portable(own)));
        var label = portable.GetOutputSchema(_data.Schema)["PredictedLabel"];
        VBuffer<T> found = default;
        label.GetKeyValues(ref found);
        Assert.Equal(values, found.DenseValues());
        Assert.Equal((ulong)values.Length, ((KeyDataViewType)label.Type).Count);
    }

    private static string Bits(float[] score) =>
        string.Join(' ', score.Select(value => BitConverter.SingleToUInt32Bits(value).ToString("x8", CultureInfo.InvariantCulture)));

    private List<PortableScoredRow> Read(IDataView scored) =>
        [.. _ml.Data.CreateEnumerable<PortableScoredRow>(scored, reuseRowObject: false)];

    private static TorchImageClassificationTransformer Open(TorchImageClassificationModel model, TransformerColumns? columns = null) =>
        new(model, columns ?? TestModels.Columns);

    private TransformerChain<ITransformer> Portable(
        TorchImageClassificationTransformer transformer, PortableImageColumn images = PortableImageColumn.Path) =>
        Assert.IsType<TransformerChain<ITransformer>>(transformer.ToPortable(_ml, images));

    private string Save(TransformerChain<ITransformer> chain, bool isPath = true)
    {
        var path = _folder.File($"{Guid.NewGuid():N}.zip");
        _ml.Model.Save(chain, isPath ? _data.Schema : null, path);
        chain.Dispose();
        return path;
    }

    private TransformerChain<ITransformer> Load(string path) => Assert.IsType<TransformerChain<ITransformer>>(_ml.Model.Load(path, out _));

    private string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(_folder.File(name), bytes);
        return _folder.File(name);
    }
}
