using Microsoft.ML;
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
    /// The photos of a list: a CSV file with the columns path and labels, whose paths are relative to its folder. Files are read when their
    /// row is, not held in memory all at once; and the column ImagePath lets errors name the file.
    /// </summary>
    /// <param name="list">The list.</param>
    public static IDataView LoadImagesFromList(MLContext mlContext, string list)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        return mlContext.Data.LoadImagesFromList(list, imageColumnName: @"ImageSource");
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
}
