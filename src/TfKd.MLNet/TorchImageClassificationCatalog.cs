using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using TfKd;
using TfKd.MLNet;

namespace Microsoft.ML;

/// <summary>Torch image classification in ML.NET's catalogs.</summary>
public static class TorchImageClassificationCatalog
{
    /// <summary>
    /// Reads a folder of images (png, jpg, jpeg, jpe, jfif, gif, bmp, dib, webp, ico, wbmp). Columns: <c>ImagePath</c> (text), <c>Label</c>
    /// (text) and <c>Image</c> (the encoded bytes, read from the file whenever a row is; none where it cannot be read, of which training
    /// and scoring say why). The order is that of the names, by code point. Hidden files and folders and those of the system are left out
    /// silently; what else is left out is counted in a warning.
    /// </summary>
    /// <param name="data">The catalog of the context.</param>
    /// <param name="folder">Path of the folder.</param>
    /// <param name="labelled">
    /// True, the default: the folder has one sub-folder a class, whose name is the label of the images in it. False: the images in the
    /// folder and in all folders below it, with an empty label: what is to be predicted.
    /// </param>
    /// <param name="imageColumnName">What the column of the bytes is called. Default: Image.</param>
    /// <exception cref="ArgumentException">The name is that of another column.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder is missing.</exception>
    /// <exception cref="InvalidDataException">There are no sub-folders where labels are wanted, or no images.</exception>
    /// <example><code>
    /// var photos = ml.Data.LoadImagesFromFolder("photos");
    /// var unlabelled = ml.Data.LoadImagesFromFolder("more photos", labelled: false);
    /// </code></example>
    public static IDataView LoadImagesFromFolder(
        this DataOperationsCatalog data, string folder, bool labelled = true, string imageColumnName = "Image")
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentException.ThrowIfNullOrEmpty(imageColumnName);
        var leftOut = new FolderRemainder();
        var files = labelled ? FolderImages.List(folder, leftOut) : FolderImages.ListUnlabelled(folder, leftOut);
        Warn(data, nameof(LoadImagesFromFolder), leftOut.Describe(folder));
        return new FolderImagesView(files, imageColumnName);
    }

    /// <summary>
    /// Reads the images that a file lists, a line each: a CSV file, or one named *.tsv whose columns are divided by tabs. Its first line
    /// names the columns, in any order: <c>path</c>, relative to the folder of the list, and <c>label</c>; or <c>labels</c>, where an image
    /// may have several, with a separator between them, or none; or neither, where images are to be predicted. Columns of the result are
    /// those of <see cref="LoadImagesFromFolder"/>, with the label or all labels as one text, which <see cref="MultipleLabels"/> divides.
    /// An image that is listed again is left out, with a warning.
    /// </summary>
    /// <param name="data">The catalog of the context.</param>
    /// <param name="file">Path of the list.</param>
    /// <param name="imageColumnName">What the column of the bytes is called. Default: Image.</param>
    /// <exception cref="ArgumentException">The name is that of another column.</exception>
    /// <exception cref="IOException">The list is missing or cannot be read. Images are not looked at before their row is read.</exception>
    /// <exception cref="InvalidDataException">It is no such list, or lists nothing, or one image with two labels.</exception>
    /// <example><code>
    /// var photos = ml.Data.LoadImagesFromList("photos.csv");
    /// </code></example>
    public static IDataView LoadImagesFromList(this DataOperationsCatalog data, string file, string imageColumnName = "Image")
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentException.ThrowIfNullOrEmpty(file);
        ArgumentException.ThrowIfNullOrEmpty(imageColumnName);
        var list = PhotoList.Read(file);
        Warn(data, nameof(LoadImagesFromList), list.Remark);
        return new FolderImagesView(list.Files, imageColumnName, list.LabelColumn == PhotoList.SeveralName);
    }

    private static void Warn(DataOperationsCatalog data, string name, string? warning)
    {
        if (warning is null)
            return;
        using var channel = CatalogUtils.GetEnvironment(data).Start(name);
        channel.Warning(MessageSensitivity.UserData, "{0}", warning);
    }

    /// <summary>
    /// Measures, in scored rows, on how many a label was predicted and how often it is then right: what ML.NET's Evaluate does not see,
    /// since it looks at scores, and rejected rows have them, too. Rows without a label count nowhere.
    /// </summary>
    /// <param name="catalog">The catalog of the context.</param>
    /// <param name="data">Rows that a <see cref="TorchImageClassificationTransformer"/> with a <see cref="Rejection"/> has scored.</param>
    /// <param name="labelColumnName">The label, a key column.</param>
    /// <param name="scoreColumnName">The probabilities; their slot names tell classes from the label of rejected rows.</param>
    /// <param name="predictedLabelColumnName">
    /// The predicted label: a key, or the text that MapKeyToValue made of it. Rows where it is missing or is no class are rejected ones.
    /// </param>
    /// <exception cref="ArgumentException">A column is missing, or of another type.</exception>
    /// <example><code>
    /// var metrics = ml.MulticlassClassification.EvaluateRejection(model.Transform(rows));
    /// Console.WriteLine($"{metrics.Coverage:P1} are given a label, {metrics.SelectiveAccuracy:P1} of these the right one.");
    /// </code></example>
    public static SelectiveMetrics EvaluateRejection(
        this MulticlassClassificationCatalog catalog, IDataView data, string labelColumnName = "Label", string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel")
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(data);
        return SelectiveColumns.Evaluate(data, labelColumnName, scoreColumnName, predictedLabelColumnName);
    }

    /// <summary>
    /// Measures, in scored rows that may have several labels, how well these are found: mean average precision, F1, whole sets and single
    /// decisions. ML.NET has no evaluator of them. Rows whose labels are not known count nowhere.
    /// </summary>
    /// <param name="catalog">The catalog of the context.</param>
    /// <param name="data">
    /// Rows that a <see cref="TorchImageClassificationTransformer"/> of a model with <see cref="ModelCard.Thresholds"/> has scored, or any
    /// with a vector of probabilities.
    /// </param>
    /// <param name="labelColumnName">
    /// The labels, in any form that <see cref="TorchImageClassificationTrainer.Options.Labels"/> takes.
    /// </param>
    /// <param name="scoreColumnName">
    /// The probabilities, with the class names as slot names. The transformer's column has the model's thresholds with it; for another one
    /// they are one half.
    /// </param>
    /// <param name="separator">What stands between the labels of a text. Default ";".</param>
    /// <exception cref="ArgumentException">A column is missing, or of another type, or of other classes.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, or a label is no class of the scores.</exception>
    /// <exception cref="ArithmeticException">A score is no probability.</exception>
    /// <example><code>
    /// var metrics = ml.MulticlassClassification.EvaluateMultiLabel(model.Transform(rows), labelColumnName: "Tags");
    /// Console.WriteLine($"mAP {metrics.MeanAveragePrecision:P1}, F1 {metrics.MicroF1:P1}");
    /// </code></example>
    public static MultiLabelMetrics EvaluateMultiLabel(
        this MulticlassClassificationCatalog catalog, IDataView data, string labelColumnName = "Label", string scoreColumnName = "Score",
        string separator = ";")
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentException.ThrowIfNullOrEmpty(separator);
        var labels = LabelSetColumn.Find(data.Schema, labelColumnName, separator);
        return MultiLabelColumns.Evaluate(data, labels, scoreColumnName);
    }

    /// <summary>Trains an image classifier with TorchSharp, with everything that can be set.</summary>
    /// <param name="trainers">The catalog of the context.</param>
    /// <param name="options">All settings.</param>
    /// <example><code>
    /// var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
    ///     .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(PhotoRecipe.Frozen()))
    ///     .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
    /// </code></example>
    public static TorchImageClassificationTrainer TorchImageClassification(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers trainers, TorchImageClassificationTrainer.Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new TorchImageClassificationTrainer(EnvironmentOf(trainers), options);
    }

    /// <summary>
    /// Trains an image classifier with TorchSharp: a <see cref="SmallCnn"/> for 32x32 pixels, or for 64x64 where most of the images are
    /// that large. With few photos, <see cref="PhotoRecipe"/> gives better ones.
    /// </summary>
    /// <param name="trainers">The catalog of the context.</param>
    /// <param name="labelColumnName">The label, a key column.</param>
    /// <param name="imageColumnName">The images: encoded bytes, paths, MLImage or pixels.</param>
    /// <param name="scoreColumnName">The probabilities of the classes, added.</param>
    /// <param name="predictedLabelColumnName">The most probable class, added.</param>
    /// <param name="objective">What is minimised. Default null: cross entropy.</param>
    /// <param name="validationSet">Rows to choose the best epoch by. Default null: a tenth of the training rows.</param>
    /// <example><code>
    /// var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
    ///     .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(objective: new TfKdRegularization()));
    /// </code></example>
    public static TorchImageClassificationTrainer TorchImageClassification(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers trainers,
        string labelColumnName = "Label",
        string imageColumnName = "Image",
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        Objective? objective = null,
        IDataView? validationSet = null) => trainers.TorchImageClassification(new TorchImageClassificationTrainer.Options
        {
            LabelColumnName = labelColumnName,
            ImageColumnName = imageColumnName,
            ScoreColumnName = scoreColumnName,
            PredictedLabelColumnName = predictedLabelColumnName,
            Objective = objective ?? new CrossEntropy(),
            ValidationSet = validationSet,
        });

    /// <summary>Tries options out, and keeps the model that is best on the validation rows.</summary>
    /// <param name="trainers">The catalog of the context.</param>
    /// <param name="options">Makes the options of a trial, by nothing but the search space.</param>
    /// <param name="settings">How many, for how long, chosen by what. Default null: 20 at random, by accuracy.</param>
    /// <example><code>
    /// var search = ml.MulticlassClassification.Trainers.TuneTorchImageClassification(space => PhotoRecipe.FineTuned(photoCount: 200) with
    /// {
    ///     Optimizer = new TfKd.AdamW { LearningRate = space.UniformDouble("LearningRate", 0.00001, 0.001, logBase: true) },
    ///     ValidationSetFraction = 0.2f,
    /// });
    /// </code></example>
    public static TorchImageClassificationSearch TuneTorchImageClassification(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers trainers,
        Func<TfKd.SearchSpace, TorchImageClassificationTrainer.Options> options,
        SearchSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new TorchImageClassificationSearch(EnvironmentOf(trainers), options, settings ?? new SearchSettings());
    }

    private static IHostEnvironment EnvironmentOf(MulticlassClassificationCatalog.MulticlassClassificationTrainers trainers)
    {
        ArgumentNullException.ThrowIfNull(trainers);
        return CatalogUtils.GetEnvironment(trainers);
    }
}
