using System.Security.Cryptography;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace TfKd.MLNet;

/// <summary>
/// A model, with the names of the columns that it is used with, in a model file of ML.NET: a card, weights, unless they were left out, an
/// ONNX model and a hash over all of them, none of them executable. ML.NET finds <see cref="TorchImageClassificationLoader"/> by the
/// assembly's simple name and the signature in the file.
/// </summary>
internal static class ModelFile
{
    public const string LoaderSignature = "TorchImageClassification";

    public const string CardEntry = "Card.json";
    public const string WeightsEntry = "Weights.parts";
    public const string OnnxEntry = "Network.onnx";
    public const string HashEntry = "Sha256.txt";

    // All weights as they are, in files of version 1.2 and before.
    public const string WholeWeightsEntry = "Weights.safetensors";

    // Files of version 1.1 and before have no hash over all entries; where one is there it counts, whatever the version says.
    private const uint FirstVersionWithHash = 0x00010002;

    private const uint VersionOfTwoColumns = 0x00010003;

    // Models with more columns than score and predicted label: others are written as before, and older versions of the library read them.
    private const uint VersionOfMoreColumns = 0x00010004;

    // Models of several labels: an older version would take their scores for one distribution.
    private const uint VersionOfSeveralLabels = 0x00010005;

    // Models without weights: an older version would say that the file was damaged.
    private const uint VersionWithoutWeights = 0x00010006;

    public static void Save(TorchImageClassificationModel model, TransformerColumns columns, ModelSaveContext context)
    {
        context.CheckAtModel();
        var version = !model.HasWeights ? VersionWithoutWeights
            : model.Thresholds is not null ? VersionOfSeveralLabels
            : columns.HasMore ? VersionOfMoreColumns : VersionOfTwoColumns;
        context.SetVersionInfo(VersionOf(version));
        context.SaveNonEmptyString(columns.Image);
        context.SaveNonEmptyString(columns.Score);
        context.SaveNonEmptyString(columns.PredictedLabel);
        if (version >= VersionOfMoreColumns)
            SaveMore(columns, context);
        var card = Encoding.UTF8.GetBytes(model.Card.ToJson());
        context.SaveBinaryStream(CardEntry, writer => writer.Write(card));
        if (model.HasWeights)
            context.SaveBinaryStream(WeightsEntry, writer => model.WeightParts.Write(writer.BaseStream));
        if (model.HasOnnx)
            context.SaveBinaryStream(OnnxEntry, writer => writer.Write(model.Onnx.Span));
        context.SaveBinaryStream(HashEntry, writer =>
            writer.Write(Encoding.ASCII.GetBytes(HashOf(columns, card, model.WeightParts, model.Onnx.Span))));
    }

    /// <exception cref="InvalidDataException">An entry is missing or damaged, or the entries do not belong together.</exception>
    public static (TorchImageClassificationModel Model, TransformerColumns Columns) Load(ModelLoadContext context)
    {
        context.CheckAtModel(VersionOf(VersionWithoutWeights));
        var columns = new TransformerColumns(context.LoadNonEmptyString(), context.LoadNonEmptyString(), context.LoadNonEmptyString());
        if (context.Header.ModelVerWritten >= VersionOfMoreColumns)
            columns = LoadMore(columns, context);
        ModelEntries.Check(context);
        var cardBytes = Load(context, CardEntry);
        var card = ModelCard.FromJson(cardBytes);
        var onnx = card.ScoringBackend == ScoringBackend.Torch ? TryLoad(context, OnnxEntry) ?? [] : Load(context, OnnxEntry);
        var weights = LoadWeights(context, onnx);
        var model = new TorchImageClassificationModel(card, weights, onnx);
        if (TryLoad(context, HashEntry) is { } hash)
            CheckHash(Encoding.ASCII.GetString(hash), HashOf(columns, cardBytes, weights, onnx));
        else if (context.Header.ModelVerWritten >= FirstVersionWithHash)
            throw Missing(HashEntry);
        else if (model.OnnxContent?.Metadata.ContainsKey(OnnxMetadata.SealKey) == true)
            throw new InvalidDataException(
                $"The model file claims to be of version 1.1, which had no entry '{HashEntry}', but its network is of a later version, " +
                "which has: the file was changed.");
        return columns.Embedding is null || card.EmbeddingSize > 0
            ? (model, columns)
            : throw new InvalidDataException(
                $"The model file has a column '{columns.Embedding}' for embeddings, which its network does not give: the file was " +
                "changed.");
    }

    /// <summary>Over the names of the columns and the entries, each with its length before it.</summary>
    internal static string HashOf(TransformerColumns columns, ReadOnlySpan<byte> card, WeightParts weights, ReadOnlySpan<byte> onnx)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in NamesOf(columns))
            Append(hash, Encoding.UTF8.GetBytes(name));
        Append(hash, card);
        hash.AppendData(BitConverter.GetBytes(weights.Length));
        weights.AppendTo(hash);
        Append(hash, onnx);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // The assembly by its simple name: with a version in it, older versions of the library could not read what they well might.
    private static VersionInfo VersionOf(uint version) => new(
        modelSignature: "TFKDIMGC", verWrittenCur: version, verReadableCur: version, verWeCanReadBack: 0x00010001,
        loaderAssemblyName: typeof(ModelFile).Assembly.GetName().Name, loaderSignature: LoaderSignature);

    private static void SaveMore(TransformerColumns columns, ModelSaveContext context)
    {
        context.SaveStringOrNull(columns.Embedding);
        context.Writer.Write(columns.Top?.Count ?? 0);
        context.SaveStringOrNull(columns.Top?.Labels);
        context.SaveStringOrNull(columns.Top?.Scores);
    }

    private static TransformerColumns LoadMore(TransformerColumns columns, ModelLoadContext context)
    {
        var (embedding, count) = (context.LoadStringOrNull(), context.Reader.ReadInt32());
        var (labels, scores) = (context.LoadStringOrNull(), context.LoadStringOrNull());
        if (embedding == "" || count < 0 || (count > 0) != (labels?.Length > 0) || (count > 0) != (scores?.Length > 0))
            throw new InvalidDataException("The columns of the model file are not readable: it was damaged or changed.");
        return columns with { Embedding = embedding, Top = count > 0 ? new TopColumns(count, labels!, scores!) : null };
    }

    private static IEnumerable<string> NamesOf(TransformerColumns columns) =>
    [
        columns.Image,
        columns.Score,
        columns.PredictedLabel,
        .. columns.HasMore
            ? new[] { columns.Embedding ?? "", $"{columns.Top?.Count ?? 0}", columns.Top?.Labels ?? "", columns.Top?.Scores ?? "" }
            : [],
    ];

    private static void Append(IncrementalHash hash, ReadOnlySpan<byte> bytes)
    {
        hash.AppendData(BitConverter.GetBytes((long)bytes.Length));
        hash.AppendData(bytes);
    }

    private static void CheckHash(string expected, string found)
    {
        if (expected != found)
            throw new InvalidDataException(
                "The card, the columns, the weights and the ONNX model of the model file do not belong together: the SHA-256 over them " +
                $"is {found}, but the file says {expected}. The file was damaged or changed.");
    }

    private static WeightParts LoadWeights(ModelLoadContext context, byte[] onnx) =>
        TryLoad(context, WeightsEntry) is { Length: > 0 } parts ? WeightParts.Read(parts, onnx)
        : TryLoad(context, WholeWeightsEntry) is { } whole ? WeightParts.Of(whole, onnx)
        : context.Header.ModelVerWritten >= VersionWithoutWeights ? WeightParts.None
        : throw Missing(WeightsEntry);

    private static byte[] Load(ModelLoadContext context, string entry) => TryLoad(context, entry) ?? throw Missing(entry);

    private static byte[]? TryLoad(ModelLoadContext context, string entry)
    {
        byte[]? bytes = null;
        context.TryLoadBinaryStream(entry, reader => bytes = ReadAll(reader.BaseStream));
        return bytes;
    }

    private static byte[] ReadAll(Stream stream)
    {
        // A buffer that grows by doubling, and is copied at the end, takes four times as much.
        if (stream.CanSeek)
        {
            var bytes = new byte[stream.Length - stream.Position];
            stream.ReadExactly(bytes);
            return bytes;
        }

        using var buffer = new MemoryStream();
        stream.CopyTo(buffer);
        return buffer.ToArray();
    }

    private static InvalidDataException Missing(string entry) =>
        new($"The model file has no entry '{entry}': it was damaged or changed.");
}
