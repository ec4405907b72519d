using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

public sealed class ModelFileTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly TemporaryFolder _folder = new();
    private readonly List<InputRow> _rows = TestRows.Make(20);
    private readonly IDataView _data;

    public ModelFileTests() => _data = _ml.Data.LoadFromEnumerable(_rows);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Another_process_loads_the_model_and_gives_identical_scores()
    {
        var images = new List<string>();
        foreach (var row in _rows)
        {
            images.Add(_folder.File($"{row.Number}.png"));
            File.WriteAllBytes(images[^1], row.Image);
        }

        using var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        var chain = new TransformerChain<ITransformer>(
            transformer, _ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel").Fit(transformer.Transform(_data)));
        var path = _folder.File("model.zip");
        _ml.Model.Save(chain, _data.Schema, path);
        var expected = chain.Transform(_data);
        var lines = expected.GetColumn<string>("Name").Zip(expected.GetColumn<float[]>("Score"), (name, score) =>
            $"{name} {string.Join(' ', score.Select(value => BitConverter.SingleToUInt32Bits(value).ToString("x8", null)))}");
        Assert.Equal(lines, LoadProbe.Run(path, images));
    }

    [Fact]
    public void Loaded_model_is_the_saved_one()
    {
        var saved = TestModels.Fake(out _, new TransformerColumns("A", "B", "C"));
        var loaded = Load(Save(saved));
        Assert.Equal(("A", "B", "C"), (loaded.FeatureColumnName, loaded.ScoreColumnName, loaded.PredictedLabelColumnName));
        Assert.Equal(saved.Model.Card.ToJson(), loaded.Model.Card.ToJson());
        Assert.Equal(saved.Model.Weights, loaded.Model.Weights.ToArray());
        Assert.Equal(saved.Model.Onnx, loaded.Model.Onnx.ToArray());
        Assert.Equal(["red", "green", "blue"], loaded.Model.ClassNames);
        Assert.Equal(TestModels.Normalization, loaded.Model.Normalization);
        Assert.Equal(TestModels.Architecture, loaded.Model.Architecture);
        Assert.Equal(("a plan", 7), (loaded.Model.Card.Training.Plan, loaded.Model.Card.Training.Seed));
        Assert.Equal(new ModelMetric("MicroAccuracy", "Validation", 0.75), Assert.Single(loaded.Model.Card.Training.Metrics));
        Assert.Equal("5.0.1", loaded.Model.Card.Training.Versions["Microsoft.ML.Data"]);
    }

    [Fact]
    public void Loading_allocates_the_network_once()
    {
        var model = TestModels.WithNetwork(architecture: new SmallCnn { InputShape = TestImages.Shape, Width = 64 });
        var path = _folder.File("model.zip");
        using (var transformer = new TorchImageClassificationTransformer(model, TestModels.Columns))
            _ml.Model.Save(transformer, _data.Schema, path);
        // What is prepared once a process is not counted.
        (_ml.Model.Load(path, out _) as IDisposable)?.Dispose();
        var before = GC.GetAllocatedBytesForCurrentThread();

        var loaded = _ml.Model.Load(path, out _);

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        (loaded as IDisposable)?.Dispose();
        Assert.InRange(allocated, model.Onnx.Length, 1.5 * model.Onnx.Length);
    }

    [Fact]
    public void Loaded_model_saves_the_same_entries_again()
    {
        var once = Save(TestModels.Fake(out _));
        var twice = Save(Load(once));
        foreach (var entry in new[] { "Card.json", "Weights.parts", "Network.onnx", "Sha256.txt" })
            Assert.Equal(Read(once, entry), Read(twice, entry));
    }

    [Fact]
    public void File_cut_in_half_is_refused_as_no_zip()
    {
        var path = Save(TestModels.Fake(out _));
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..(int)(new FileInfo(path).Length / 2)]);
        Assert.Contains("zip archive", Assert.Throws<FormatException>(() => _ml.Model.Load(path, out _)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_another_network_list_all_differences()
    {
        var path = Save(TestModels.Fake(out _));
        var weights = WeightParts.Of(TestModels.SafeTensors(("fc.bias", [2]), ("conv1.weight", [4, 3, 3, 3])), onnx: []);
        using var entry = new MemoryStream();
        weights.Write(entry);
        Replace(path, "Weights.parts", entry.ToArray());
        Assert.Equal(
            "The weights of the model are not those of its card:\nmissing: fc.weight [3,4]\ndifferent: fc.bias: expected [3], found " +
            "[2]\nunexpected: conv1.weight [4,3,3,3]",
            LoadError(path));
    }

    [Theory]
    [InlineData("Weights.parts", "The weights and the card of the model do not belong together: the SHA-256 is ")]
    [InlineData("Network.onnx", "The ONNX model and the card of the model do not belong together: the SHA-256 is ")]
    public void Changed_bytes_are_found_by_their_hash(string entry, string message)
    {
        var path = Save(TestModels.Fake(out _));
        var bytes = Read(path, entry);
        bytes[^1] ^= 1;
        Replace(path, entry, bytes);
        Assert.StartsWith(message, LoadError(path), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_wrong_is_the_base_exception_alone_and_in_a_pipeline()
    {
        // ML.NET makes its components by reflection, and wraps what they throw once for each they are in.
        using var transformer = TestModels.Fake(out _);
        var chain = new TransformerChain<ITransformer>(new TransformerChain<ITransformer>(transformer));
        foreach (var saved in new ITransformer[] { transformer, chain })
        {
            var path = _folder.File($"{Guid.NewGuid():N}.zip");
            _ml.Model.Save(saved, _data.Schema, path);
            Replace(path, "Weights.parts", null);
            var error = Assert.ThrowsAny<Exception>(() => _ml.Model.Load(path, out _));
            Assert.Equal(
                "The model file has no entry 'Weights.parts': it was damaged or changed.",
                Assert.IsType<InvalidDataException>(error.GetBaseException()).Message);
        }
    }

    [Fact]
    public void Missing_and_cut_entries_are_named()
    {
        var path = Save(TestModels.Fake(out _));
        var weights = Read(path, "Weights.parts");
        Replace(path, "Weights.parts", weights[..20]);
        Assert.Equal(
            $"The weights of the model: expected a part within 20 bytes, found {weights.Length - 16} bytes from 16; the model file was " +
            "damaged or changed.",
            LoadError(path));
        Replace(path, "Weights.parts", null);
        Assert.Equal("The model file has no entry 'Weights.parts': it was damaged or changed.", LoadError(path));
        Replace(path, "Card.json", Encoding.UTF8.GetBytes("{ \"Architecture\": "));
        Assert.StartsWith("The model card is not readable:", LoadError(path), StringComparison.Ordinal);
    }

    [Fact]
    public void Architecture_that_is_no_architecture_is_never_made()
    {
        var model = TestModels.WithMadeUpBytes();
        var loaded = new TorchImageClassificationModel(
            model.Card with { Architecture = JsonSerializer.SerializeToElement(new { Type = "System.IO.FileInfo, System.Runtime" }) },
            model.Weights.ToArray(),
            model.Onnx.ToArray());
        Assert.Equal("'System.IO.FileInfo, System.Runtime' is no architecture: expected a type that derives from NetworkArchitecture.",
            Assert.Throws<InvalidDataException>(() => loaded.Architecture).Message);
    }

    [Theory]
    [InlineData("\"red\",", "\"green\",", "classes: the card says [green, green, blue], the ONNX model says [red, green, blue]")]
    [InlineData("0.25,", "0.5,", "normalisation: the card says ")]
    [InlineData("\"Temperature\": 1,", "\"Temperature\": 3,", "temperature: the card says 3, the ONNX model says 1")]
    [InlineData("\"a plan\"", "\"another\"", "plan of the training: another one in the ONNX model")]
    public void A_changed_card_is_told_by_what_stands_twice(string old, string changed, string message)
    {
        using var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        var path = Save(transformer);
        Load(path).Dispose();
        ReplaceInCard(path, old, changed);
        Assert.StartsWith(
            $"The card of the model does not say what the rest of it says; the file was changed:\n{message}",
            LoadError(path),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"Seed\": 7", "\"Seed\": 8")]
    [InlineData("\"Value\": 0.75", "\"Value\": 0.99")]
    public void A_changed_card_is_told_by_the_hash_over_all_entries(string old, string changed)
    {
        using var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        var path = Save(transformer);
        ReplaceInCard(path, old, changed);
        Assert.StartsWith(
            "The card, the columns, the weights and the ONNX model of the model file do not belong together: the SHA-256 over them is ",
            LoadError(path),
            StringComparison.Ordinal);
        Replace(path, "Sha256.txt", null);
        Assert.Equal("The model file has no entry 'Sha256.txt': it was damaged or changed.", LoadError(path));
    }

    [Fact]
    public void A_version_that_is_put_back_does_not_turn_the_hash_off()
    {
        using var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        var path = Save(transformer);
        PutVersionBack(path, 1);
        Load(path).Dispose();
        ReplaceInCard(path, "\"Seed\": 7", "\"Seed\": 8");
        Assert.Contains("do not belong together: the SHA-256 over them is ", LoadError(path), StringComparison.Ordinal);
        Replace(path, "Sha256.txt", null);
        Assert.Equal(
            "The model file claims to be of version 1.1, which had no entry 'Sha256.txt', but its network is of a later version, which " +
            "has: the file was changed.",
            LoadError(path));
    }

    [Fact]
    public void A_file_with_all_weights_beside_the_network_is_read_too()
    {
        using var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        var path = Save(transformer);
        var weights = transformer.Model.Weights.ToArray();
        Assert.InRange(Read(path, "Weights.parts").Length, 1, weights.Length / 2);
        Replace(path, "Weights.parts", null);
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Update))
        {
            var place = Find(zip, "Card.json").FullName[..^"Card.json".Length];
            using var stream = zip.CreateEntry($"{place}Weights.safetensors").Open();
            stream.Write(weights);
        }

        PutVersionBack(path, 2);
        using var loaded = Load(path);
        Assert.Equal(weights, loaded.Model.Weights.ToArray());
        Assert.Equal(transformer.Model.Card.ToJson(), loaded.Model.Card.ToJson());
    }

    [Fact]
    public void A_second_card_is_not_taken_for_the_first()
    {
        using var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        var path = Save(transformer);
        var card = Encoding.UTF8.GetString(Read(path, "Card.json")).Replace("\"Seed\": 7", "\"Seed\": 8", StringComparison.Ordinal);
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Update))
        {
            using var stream = zip.CreateEntry(Find(zip, "Card.json").FullName).Open();
            stream.Write(Encoding.UTF8.GetBytes(card));
        }

        Assert.Contains("stands twice", LoadError(path), StringComparison.Ordinal);
    }

    [Fact]
    public void An_onnx_entry_with_tensors_in_other_files_is_refused()
    {
        var model = TestModels.WithMadeUpBytes();
        var onnx = OnnxFile.WithTensorElsewhere("weights.bin", inAttribute: false);
        var card = model.Card with { OnnxSha256 = TorchImageClassificationModel.HashOf(onnx) };
        Assert.StartsWith(
            "The model's network must be whole, but has tensors in other files ('weights.bin'), which are not read.",
            Assert.Throws<InvalidDataException>(() => new TorchImageClassificationModel(card, model.Weights.ToArray(), onnx)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Weights.parts")]
    [InlineData("Card.json")]
    public void An_entry_that_unpacks_to_far_more_than_the_file_is_refused(string entry)
    {
        var path = Save(TestModels.Fake(out _));
        Replace(path, entry, new byte[65 << 20]);
        Assert.InRange(new FileInfo(path).Length, 0, 1 << 20);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("of the model file has 68,157,440 bytes out of ", LoadError(path), StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000_000);
    }

    [Fact]
    public void An_architecture_far_from_its_weights_is_never_built()
    {
        var path = Save(TestModels.Fake(out _));
        ReplaceInCard(path, "\"Type\": \"SmallCnn\",\n    \"Width\": 4", "\"Type\": \"CifarResNet\",\n    \"Depth\": 200006");
        Assert.Contains(
            "architecture: the card says Depth 200006, the weights have 2 tensors, no side above 4", LoadError(path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"Classes\": {", "\"Classes\": null, \"Other\": {", "Classes")]
    [InlineData("\"Values\": [", "\"Values\": 3, \"Other\": [", "Classes must have a list of values, one a class.")]
    [InlineData("\"InputShape\": {\n    \"Channels\": 3,\n    \"Height\": 8", "\"InputShape\": {\n    \"Channels\": 3,\n    \"Height\": 0",
        "InputShape must be above 0 in each dimension, and of 2 GB at most, but is 3x0x8.")]
    [InlineData("\"Normalization\": {", "\"Normalization\": null, \"Other\": {", "Normalization")]
    [InlineData("\"Architecture\": {", "\"Architecture\": 7, \"Other\": {", "Architecture must be an object with the text property Type.")]
    [InlineData("\"Tensors\": {", "\"Tensors\": null, \"Other\": {", "Tensors")]
    public void A_card_with_what_no_model_has_is_refused(string old, string changed, string message)
    {
        var path = Save(TestModels.Fake(out _));
        ReplaceInCard(path, old, changed);
        var error = LoadError(path);
        Assert.StartsWith("The model card is not readable: ", error, StringComparison.Ordinal);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Onnx_model_is_exported_whole()
    {
        var transformer = TestModels.Fake(out _);
        using var stream = new MemoryStream();
        transformer.SaveOnnx(stream);
        transformer.SaveOnnx(_folder.File("network.onnx"));
        Assert.Equal(transformer.Model.Onnx, stream.ToArray());
        Assert.Equal(transformer.Model.Onnx, File.ReadAllBytes(_folder.File("network.onnx")));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    private string Save(TorchImageClassificationTransformer transformer)
    {
        var path = _folder.File($"{Guid.NewGuid():N}.zip");
        _ml.Model.Save(transformer, _data.Schema, path);
        return path;
    }

    private static TorchImageClassificationTransformer Load(string path) =>
        Assert.IsType<TorchImageClassificationTransformer>(new MLContext().Model.Load(path, out _));

    // ML.NET wraps what a component throws while it is loaded.
    private static string LoadError(string path) =>
        Assert.IsType<InvalidDataException>(Assert.ThrowsAny<Exception>(() => Load(path)).InnerException).Message;

    private static byte[] Read(string path, string entry)
    {
        using var zip = ZipFile.OpenRead(path);
        using var stream = Find(zip, entry).Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static void Replace(string path, string entry, byte[]? bytes)
    {
        using var zip = ZipFile.Open(path, ZipArchiveMode.Update);
        var old = Find(zip, entry);
        var name = old.FullName;
        old.Delete();
        if (bytes is null)
            return;
        using var stream = zip.CreateEntry(name).Open();
        stream.Write(bytes);
    }

    private static void ReplaceInCard(string path, string old, string changed)
    {
        var card = Encoding.UTF8.GetString(Read(path, "Card.json"));
        var at = card.IndexOf(old, StringComparison.Ordinal);
        Assert.True(at >= 0, card);
        Replace(path, "Card.json", Encoding.UTF8.GetBytes($"{card[..at]}{changed}{card[(at + old.Length)..]}"));
    }

    // In ML.NET's header the version that was written stands behind the signature.
    private static void PutVersionBack(string path, byte minor)
    {
        var header = Read(path, "Model.key");
        var version = header.AsSpan(header.AsSpan().IndexOf("TFKDIMGC"u8) + 8, 2 * sizeof(uint));
        Assert.Equal(0x00010003, BitConverter.ToInt32(version));
        // That which wrote it, and the oldest that reads it.
        (version[0], version[sizeof(uint)]) = (minor, 1);
        Replace(path, "Model.key", header);
    }

    private static ZipArchiveEntry Find(ZipArchive zip, string entry) =>
        zip.Entries.Single(found => found.FullName.EndsWith(entry, StringComparison.Ordinal));
}
