using Microsoft.ML;
using TfKd;
using TfKd.MLNet;

namespace ModelBuilder;

/// <summary>
/// The code of a model in the form that ML.NET's Model Builder generates: training, consumption and evaluation in a file each, under Model
/// Builder's names, so that code written for its files goes on compiling. Inside, the trainer is this library's, and what users
/// complain of in Model Builder's code is put right.
/// </summary>
public partial class SignClassifier
{
    /// <summary>Trains on a folder or a list and saves the model.</summary>
    /// <param name="outputModelPath">The file; loaded by <c>mlContext.Model.Load</c> anywhere.</param>
    /// <param name="folder">Folder of photos, one sub-folder a class; or a CSV file with the columns path and label.</param>
    public static void Train(string outputModelPath, string folder)
    {
        var mlContext = new MLContext();
        var data = LoadImageFromFolder(mlContext, folder);
        var model = RetrainModel(mlContext, data);
        using var owned = model as IDisposable;
        SaveModel(mlContext, model, data, outputModelPath);
    }

    /// <summary>
    /// The photos of a folder, by the names of their sub-folders, or of a list, which names their labels. Files are read when their row is,
    /// not held in memory all at once; the order is the same on every system; and the column ImagePath, that Model Builder's code does not
    /// have, lets errors name the file.
    /// </summary>
    /// <param name="folder">Folder with a sub-folder of photos for each class; or a CSV file with the columns path and label.</param>
    public static IDataView LoadImageFromFolder(MLContext mlContext, string folder)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        return File.Exists(folder)
            ? mlContext.Data.LoadImagesFromList(folder, imageColumnName: @"ImageSource")
            : mlContext.Data.LoadImagesFromFolder(folder, imageColumnName: @"ImageSource");
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

    /// <summary>
    /// From photos and labels to predicted labels. In Model Builder's code the trainer is <c>ImageClassification</c>, a linear layer on a
    /// large frozen network.
    /// </summary>
    public static IEstimator<ITransformer> BuildPipeline(MLContext mlContext) => BuildPipeline(mlContext, epochs: 20);

    /// <summary>The same, for a number of passes over the photos.</summary>
    public static IEstimator<ITransformer> BuildPipeline(MLContext mlContext, int epochs)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        return mlContext.Transforms.Conversion.MapValueToKey(
            outputColumnName: @"Label", inputColumnName: @"Label", addKeyValueAnnotationsAsText: false)
            .Append(mlContext.MulticlassClassification.Trainers.TorchImageClassification(Recipe(epochs) with
            {
                LabelColumnName = @"Label",
                ScoreColumnName = @"Score",
                ImageColumnName = @"ImageSource",
            }))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue(outputColumnName: @"PredictedLabel", inputColumnName: @"PredictedLabel"));
    }

    /// <summary>What is trained, and how.</summary>
    private static TorchImageClassificationTrainer.Options Recipe(int epochs) => new()
    {
        Network = new SmallCnn(),
        Objective = new TfKdRegularization { Alpha = 0.1, Temperature = 20 },
        MaxEpochs = epochs,
    };
}
