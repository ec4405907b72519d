using System.IO.Compression;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>Model files with more columns than score and predicted label, and those without, which stay as they were.</summary>
public sealed class ModelFileColumnsTests : IDisposable
{
    private static readonly TransformerColumns _columns = TestModels.Columns with
    {
        Embedding = "Features",
        Top = new TopColumns(2, "TopLabels", "TopScores"),
    };

    private readonly MLContext _ml = new(seed: 1);
    private readonly TemporaryFolder _folder = new();
    private readonly IDataView _data;

    public ModelFileColumnsTests() => _data = _ml.Data.LoadFromEnumerable(TestRows.Make(6));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Only_files_with_more_columns_are_of_the_new_version()
    {
        Assert.Equal(0x00010003, VersionOf(Save(TestModels.Columns)));
        Assert.Equal(0x00010004, VersionOf(Save(_columns)));
        Assert.Equal(0x00010004, VersionOf(Save(TestModels.Columns with { Top = _columns.Top })));
        Assert.DoesNotContain("Embedding", TestModels.WithNetwork().Card.ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_column_is_there_without_the_other()
    {
        using var embedding = Load(Save(_columns with { Top = null }));
        Assert.Equal(("Features", 0, null), (embedding.EmbeddingColumnName, embedding.TopK, embedding.TopLabelsColumnName));
        using var top = Load(Save(TestModels.Columns with { Top = new TopColumns(7, "A", "B") }));
        Assert.Equal((null, 7, "A", "B"), (top.EmbeddingColumnName, top.TopK, top.TopLabelsColumnName, top.TopScoresColumnName));
    }

    [Fact]
    public void A_file_of_an_earlier_version_of_the_library_lists_its_most_probable_classes()
    {
        var chain = (IEnumerable<ITransformer>)_ml.Model.Load(Path.Combine(AppContext.BaseDirectory, "Fixtures", "model.zip"), out _);
        using var loaded = chain.OfType<TorchImageClassificationTransformer>().Single();
        Assert.Equal((null, 0, 0), (loaded.EmbeddingColumnName, loaded.TopK, loaded.Model.Card.EmbeddingSize));
        using var top = loaded.WithTopK(3);
        var scored = top.Transform(RecordedModel.Probes(_ml));
        foreach (var (names, scores, all) in scored.GetColumn<string[]>("TopLabels")
            .Zip(scored.GetColumn<float[]>("TopScores"), scored.GetColumn<float[]>("Score")))
        {
            Assert.Equal(all.OrderDescending(), scores);
            Assert.Equal(scores.Select(score => loaded.Model.ClassNames[Array.IndexOf(all, score)]), names);
        }
    }

    [Fact]
    public void A_file_that_was_changed_is_refused()
    {
        // Names are in a table of texts at the end of the header.
        var path = Save(_columns);
        Edit(path, "Model.key", bytes => Replace(bytes, Encoding.Unicode.GetBytes("Features"), Encoding.Unicode.GetBytes("Featured")));
        Assert.Contains("do not belong together: the SHA-256 over them is ", LoadError(path), StringComparison.Ordinal);

        path = Save(_columns);
        Edit(path, "Model.key", bytes =>
        {
            var version = bytes.AsSpan(bytes.AsSpan().IndexOf("TFKDIMGC"u8) + 8);
            (version[0], version[sizeof(uint)]) = (3, 3);
        });
        Assert.Contains("do not belong together: the SHA-256 over them is ", LoadError(path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("12", "the ONNX model says 32")]
    [InlineData("2147483647", "the weights say at most ")]
    public void A_size_that_is_not_the_networks_is_refused(string size, string message)
    {
        var path = Save(_columns);
        Edit(path, "Card.json", bytes => Replace(
            bytes, Encoding.UTF8.GetBytes("\"EmbeddingSize\": 32"), Encoding.UTF8.GetBytes($"\"EmbeddingSize\": {size}")));
        Assert.StartsWith(
            "The card of the model does not say what the rest of it says; the file was changed:\nsize of the embedding: the card says "
                + $"{size}, {message}",
            LoadError(path),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_for_what_the_network_does_not_give_is_refused()
    {
        using var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), _columns);
        var path = _folder.File("model.zip");
        _ml.Model.Save(transformer, _data.Schema, path);
        Assert.Equal(
            "The model file has a column 'Features' for embeddings, which its network does not give: the file was changed.",
            LoadError(path));
    }

    private string Save(TransformerColumns columns)
    {
        var form = new OnnxForm { WithEmbedding = columns.Embedding is not null };
        using var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(form: form), columns);
        var path = _folder.File($"{Guid.NewGuid():N}.zip");
        _ml.Model.Save(transformer, _data.Schema, path);
        return path;
    }

    private TorchImageClassificationTransformer Load(string path) =>
        (TorchImageClassificationTransformer)_ml.Model.Load(path, out _);

    private string LoadError(string path) =>
        Assert.IsType<InvalidDataException>(Assert.ThrowsAny<Exception>(() => _ml.Model.Load(path, out _)).GetBaseException()).Message;

    private static int VersionOf(string path)
    {
        var found = 0;
        Edit(path, "Model.key", bytes => found = BitConverter.ToInt32(bytes, bytes.AsSpan().IndexOf("TFKDIMGC"u8) + 8));
        return found;
    }

    private static byte[] Replace(byte[] bytes, ReadOnlySpan<byte> old, ReadOnlySpan<byte> changed)
    {
        var at = bytes.AsSpan().IndexOf(old);
        Assert.True(at >= 0);
        return [.. bytes.AsSpan(0, at), .. changed, .. bytes.AsSpan(at + old.Length)];
    }

    private static void Edit(string path, string entry, Action<byte[]> change) => Edit(path, entry, bytes =>
    {
        change(bytes);
        return bytes;
    });

    private static void Edit(string path, string entry, Func<byte[], byte[]> change)
    {
        using var zip = ZipFile.Open(path, ZipArchiveMode.Update);
        var old = zip.Entries.Single(found => found.FullName.EndsWith(entry, StringComparison.Ordinal));
        var (name, bytes) = (old.FullName, Array.Empty<byte>());
        using (var content = new MemoryStream())
        {
            using (var stream = old.Open())
                stream.CopyTo(content);
            bytes = content.ToArray();
        }

        old.Delete();
        using var changed = zip.CreateEntry(name).Open();
        changed.Write(change(bytes));
    }
}
