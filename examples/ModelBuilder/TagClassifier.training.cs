using Microsoft.ML;
using Microsoft.VisualBasic.FileIO;
using TfKd;
using TfKd.MLNet;

namespace ModelBuilder;

/// <summary>
/// The code of a model of photos that may have several labels, which a list names, in the form of Model Builder's files: training,
/// consumption and evaluation. Model Builder has no such scenario; the members are those of its image classification.
/// </summary>
public partial class TagClassifier
{
    // Between the labels of a photo.
    private const string Separator = ";";

    /// <summary>Trains on a list of photos and saves the model.</summary>
    /// <param name="outputModelPath">The file; loaded by <c>mlContext.Model.Load</c> anywhere.</param>
    /// <param name="list">The list.</param>
    public static void Train(string outputModelPath, string list)
    {
        var mlContext = new MLContext();
        var data = LoadImagesFromList(mlContext, list);
        var model = RetrainModel(mlContext, data);
        using var owned = model as IDisposable;
        SaveModel(mlContext, model, data, outputModelPath);
    }

    /// <summary>
    /// The photos of a list: a line each, with the columns path and labels that the first line names. Columns are divided by commas, in a
    /// file named *.tsv by tabs; paths are relative to the folder of the list. Files are read when their row is.
    /// </summary>
    /// <param name="list">The list.</param>
    public static IDataView LoadImagesFromList(MLContext mlContext, string list)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        var folder = Path.GetDirectoryName(Path.GetFullPath(list))!;
        using var parser = new TextFieldParser(list)
        {
            TextFieldType = FieldType.Delimited,
            Delimiters = [list.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase) ? "\t" : ","],
        };
        var header = Array.ConvertAll(parser.ReadFields() ?? [], name => name.ToUpperInvariant());
        var (path, labels) = (Array.IndexOf(header, "PATH"), Array.IndexOf(header, "LABELS"));
        if (path < 0 || labels < 0)
            throw new InvalidDataException($"The first line of '{list}' must name the columns path and labels.");
        var photos = new List<ListedPhoto>();
        while (!parser.EndOfData)
        {
            var cells = parser.ReadFields()!;
            photos.Add(new ListedPhoto { ImagePath = Path.Combine(folder, cells[path]), Label = cells[labels] });
        }

        return mlContext.Data.LoadFromEnumerable(photos);
    }

    /// <summary>Trains the pipeline on the data; the caller disposes the model.</summary>
    public static ITransformer RetrainModel(MLContext mlContext, IDataView trainData)
    {
        var pipeline = BuildPipeline(mlContext);
        return pipeline.Fit(trainData);
    }

    /// <summary>Saves a trained model with the schema of its data. The folder is made where it is missing.</summary>
    public static void SaveModel(MLContext mlContext, ITransformer model, IDataView data, string modelSavePath)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        ArgumentNullException.ThrowIfNull(data);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(modelSavePath))!);
        mlContext.Model.Save(model, data.Schema, modelSavePath);
    }

    /// <summary>From photos and their labels to predicted labels, which are texts: no keys are mapped.</summary>
    public static IEstimator<ITransformer> BuildPipeline(MLContext mlContext) => BuildPipeline(mlContext, epochs: 20);

    /// <summary>The same, for a number of passes over the photos.</summary>
    public static IEstimator<ITransformer> BuildPipeline(MLContext mlContext, int epochs)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        return mlContext.MulticlassClassification.Trainers.TorchImageClassification(Recipe(epochs) with
        {
            LabelColumnName = @"Label",
            ScoreColumnName = @"Score",
            ImageColumnName = @"ImageSource",
        });
    }

    /// <summary>What is trained, and how.</summary>
    private static TorchImageClassificationTrainer.Options Recipe(int epochs) => new()
    {
        Network = new SmallCnn(),
        Labels = new MultipleLabels { Separator = Separator },
        Objective = new BinaryCrossEntropy(),
        MaxEpochs = epochs,
        ValidationSetFraction = 0.2f,
    };

    /// <summary>A line of the list.</summary>
    private sealed class ListedPhoto
    {
        /// <summary>Lets errors name the file.</summary>
        public string ImagePath { get; init; } = "";

        public string Label { get; init; } = "";

        /// <summary>Read where somebody looks at it.</summary>
        public byte[] ImageSource => File.ReadAllBytes(ImagePath);
    }
}
