using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.ML;
using TfKd.MLNet;

namespace TfKd.FuzzProbe;

/// <summary>
/// Model files of ML.NET: damaged as they are, in an entry of ours, in one with the hash over all made anew, as somebody would who means
/// harm, or in an entry of ML.NET's: the schema, say, of which one changed byte can keep its reader busy for ever.
/// </summary>
internal sealed class ModelFileReader(string name) : FuzzReader
{
    private static readonly MLContext _ml = new(seed: 1);
    private static readonly TransformerColumns _columns = new("Image", "Score", "PredictedLabel");

    public override string Name => name;

    public override string? WhyAlteredIsAccepted => name switch
    {
        "model" => null,
        "model-entries" => null,
        "model-mlnet" => "ML.NET's own entries, the schema and the description of the chain, have no checksum",
        _ => "the hash was made anew",
    };

    public override bool IsOfOthers => name == "model-mlnet";

    public override byte[] Make(string folder)
    {
        using var transformer = MakeModel();
        using var stream = new MemoryStream();
        _ml.Model.Save(transformer, Images.Rows(_ml).Schema, stream);
        return stream.ToArray();
    }

    /// <summary>A network with random weights.</summary>
    public static TorchImageClassificationTransformer MakeModel()
    {
        var keys = ClassKeys.FromCard(new("Text", JsonSerializer.SerializeToElement<string[]>(["red", "green", "blue"])));
        using var network = new SmallCnn { InputShape = Images.Shape, Width = 4 }.Build(keys.Names.Count);
        var model = NetworkExport.ToModel(network, keys, new TrainingProvenance { Plan = "a plan", Seed = 7 });
        return new TorchImageClassificationTransformer(model, _columns);
    }

    public override byte[] Damage(Random random, byte[] whole, out string what) => name switch
    {
        "model" => base.Damage(random, whole, out what),
        _ => DamageEntry(random, whole, out what),
    };

    /// <remarks>The card is text that is ours; behind the hash over all, raw changes reach nothing else.</remarks>
    public override byte[] PartOf(byte[] whole)
    {
        if (name != "model-resealed")
            return whole;
        using var zip = new ZipArchive(new MemoryStream(whole));
        return ReadAll(zip.Entries.Single(entry => entry.Name == ModelFile.CardEntry));
    }

    public override byte[] WithPart(byte[] whole, byte[] part) => name != "model-resealed" ? part : With(whole, zip =>
    {
        Replace(zip, zip.Entries.Single(entry => entry.Name == ModelFile.CardEntry), part);
        Reseal(zip);
    });

    public override string Read(string path)
    {
        var model = _ml.Model.Load(path, out _);
        using var disposable = model as IDisposable;
        return Images.Score(model, Images.Rows(_ml));
    }

    /// <remarks>What ML.NET says of its own entries, the schema among them, is its affair: the last three are its usual ones.</remarks>
    public override bool IsDocumented(Exception exception) =>
        exception is InvalidDataException or FormatException or InvalidOperationException or EndOfStreamException;

    private byte[] DamageEntry(Random random, byte[] whole, out string what)
    {
        var change = "";
        var bytes = With(whole, zip =>
        {
            var candidates = zip.Entries.Where(name switch
            {
                "model-resealed" => IsHashed,
                "model-mlnet" => entry => !IsHashed(entry) && entry.Name != ModelFile.HashEntry,
                _ => entry => IsHashed(entry) || entry.Name == ModelFile.HashEntry,
            }).ToList();
            var entry = candidates[random.Next(candidates.Count)];
            var damaged = Mutation.Of(random, ReadAll(entry), out change);
            change = $"{entry.Name}: {change}";
            Replace(zip, entry, damaged);
            if (name == "model-resealed")
                Reseal(zip);
        });
        what = change;
        return bytes;
    }

    private static byte[] With(byte[] whole, Action<ZipArchive> change)
    {
        using var stream = new MemoryStream();
        stream.Write(whole);
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
            change(zip);
        return stream.ToArray();
    }

    private static void Reseal(ZipArchive zip)
    {
        var entries = zip.Entries.ToDictionary(entry => entry.Name);
        var (card, onnx) = (ReadAll(entries[ModelFile.CardEntry]), ReadAll(entries[ModelFile.OnnxEntry]));
        try
        {
            var hash = ModelFile.HashOf(_columns, card, WeightParts.Read(ReadAll(entries[ModelFile.WeightsEntry]), onnx), onnx);
            Replace(zip, entries[ModelFile.HashEntry], Encoding.ASCII.GetBytes(hash));
        }
        catch (InvalidDataException)
        {
            // Of weights that are none there is no hash.
        }
    }

    private static bool IsHashed(ZipArchiveEntry entry) =>
        entry.Name is ModelFile.CardEntry or ModelFile.WeightsEntry or ModelFile.OnnxEntry;

    private static byte[] ReadAll(ZipArchiveEntry entry)
    {
        using var content = new MemoryStream();
        using (var stream = entry.Open())
            stream.CopyTo(content);
        return content.ToArray();
    }

    private static void Replace(ZipArchive zip, ZipArchiveEntry entry, byte[] content)
    {
        var path = entry.FullName;
        entry.Delete();
        using var stream = zip.CreateEntry(path).Open();
        stream.Write(content);
    }
}
