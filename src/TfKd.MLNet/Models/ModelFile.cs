using System.Text;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace TfKd.MLNet;

/// <summary>
/// A model, with the names of the columns that it is used with, in a model file of ML.NET: three entries, none of them executable. ML.NET
/// finds <see cref="TorchImageClassificationLoader"/> by the assembly's simple name and the signature in the file.
/// </summary>
internal static class ModelFile
{
    public const string LoaderSignature = "TorchImageClassification";

    private const string CardEntry = "Card.json";
    private const string WeightsEntry = "Weights.safetensors";
    private const string OnnxEntry = "Network.onnx";

    // The assembly by its simple name: with a version in it, older versions of the library could not read what they well might.
    private static VersionInfo Version => new(
        modelSignature: "TFKDIMGC", verWrittenCur: 0x00010001, verReadableCur: 0x00010001, verWeCanReadBack: 0x00010001,
        loaderAssemblyName: typeof(ModelFile).Assembly.GetName().Name, loaderSignature: LoaderSignature);

    public static void Save(TorchImageClassificationModel model, TransformerColumns columns, ModelSaveContext context)
    {
        context.CheckAtModel();
        context.SetVersionInfo(Version);
        context.SaveNonEmptyString(columns.Image);
        context.SaveNonEmptyString(columns.Score);
        context.SaveNonEmptyString(columns.PredictedLabel);
        context.SaveBinaryStream(CardEntry, writer => writer.Write(Encoding.UTF8.GetBytes(model.Card.ToJson())));
        context.SaveBinaryStream(WeightsEntry, writer => writer.Write(model.Weights.Span));
        context.SaveBinaryStream(OnnxEntry, writer => writer.Write(model.Onnx.Span));
    }

    /// <exception cref="InvalidDataException">An entry is missing or damaged, or the entries do not belong together.</exception>
    public static (TorchImageClassificationModel Model, TransformerColumns Columns) Load(ModelLoadContext context)
    {
        context.CheckAtModel(Version);
        var columns = new TransformerColumns(context.LoadNonEmptyString(), context.LoadNonEmptyString(), context.LoadNonEmptyString());
        var card = ModelCard.FromJson(Load(context, CardEntry));
        return (new TorchImageClassificationModel(card, Load(context, WeightsEntry), Load(context, OnnxEntry)), columns);
    }

    private static byte[] Load(ModelLoadContext context, string entry)
    {
        using var bytes = new MemoryStream();
        return context.TryLoadBinaryStream(entry, reader => reader.BaseStream.CopyTo(bytes))
            ? bytes.ToArray()
            : throw new InvalidDataException($"The model file has no entry '{entry}': it was damaged or changed.");
    }
}
