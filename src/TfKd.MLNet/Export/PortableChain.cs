using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Transforms.Image;

namespace TfKd.MLNet;

/// <summary>
/// A model as stock transformers: LoadImages, ResizeImages, ConvertToGrayscale where the network is grey, ExtractPixels, ApplyOnnxModel, a multiclass
/// classifier, DropColumns. The classifier is linear, with the identity for weights: the probabilities that the network gives become a score with
/// slot names and a predicted label with key values, which no transformer without a model could make of them.
/// </summary>
internal static class PortableChain
{
    private const string Prefix = "TfKd.Portable.";
    private const string ImageName = Prefix + "Image";
    private const string PixelsName = Prefix + "Pixels";
    private const string ProbabilitiesName = Prefix + "Probabilities";
    private const string LabelName = Prefix + "Label";

    // ML.NET's classifier has an argument for another name, and fails for each but this.
    private const string ScoreName = AnnotationUtils.Const.ScoreValueKind.Score;

    public static ITransformer Build(MLContext ml, TorchImageClassificationModel model, TransformerColumns columns, PortableImageColumn images)
    {
        if (!Enum.IsDefined(images))
            throw new ArgumentOutOfRangeException(nameof(images), images, $"images must be {PortableImageColumn.Path} or {PortableImageColumn.MLImage}, but is {images}.");
        foreach (var name in new[] { columns.Image, columns.Score, columns.PredictedLabel })
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal) || (name == ScoreName && columns.Score != ScoreName))
                throw new NotSupportedException($"Column '{name}' cannot be exported: the columns between the steps are '{ScoreName}', where the score column is another, and names that begin with '{Prefix}'.");
        }

        if (model.InputShape.Channels is not (1 or 3))
            throw new NotSupportedException($"The network takes images of {model.InputShape.Channels} channels ({model.InputShape}); ML.NET's own transformers give 1 (grey) or 3 (RGB).");

        // ML.NET hands a model to ONNX Runtime as a file, and leaves behind the one that it makes of a stream.
        var file = Path.Combine(ml.TempFilePath, Path.GetRandomFileName());
        try
        {
            File.WriteAllBytes(file, PortableOnnx.Rename(model.Onnx, PixelsName, ProbabilitiesName));
            using var built = Compose(ml, InputSchema(columns.Image, images), file, model, columns, images);
            using var saved = new MemoryStream();
            ml.Model.Save(built, inputSchema: null, saved);
            saved.Position = 0;
            // What a model file would give: the file of its ONNX model goes when it is disposed.
            return ml.Model.Load(saved, out _);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static TransformerChain<ITransformer> Compose(
        MLContext ml, DataViewSchema input, string onnxFile, TorchImageClassificationModel model, TransformerColumns columns, PortableImageColumn images)
    {
        var isGrey = model.InputShape.Channels == 1;
        var loaded = images == PortableImageColumn.Path ? ImageName : columns.Image;
        IDataView rows = new EmptyDataView(ml, input);
        List<ITransformer> chain = [];
        if (images == PortableImageColumn.Path)
            Append(ml.Transforms.LoadImages(ImageName, imageFolder: "", columns.Image));
        Append(ml.Transforms.ResizeImages(ImageName, model.InputShape.Width, model.InputShape.Height, loaded, ImageResizingEstimator.ResizingKind.IsoCrop, ImageResizingEstimator.Anchor.Center));
        if (isGrey)
            Append(ml.Transforms.ConvertToGrayscale(ImageName));
        Append(ml.Transforms.ExtractPixels(
            PixelsName,
            ImageName,
            isGrey ? ImagePixelExtractingEstimator.ColorBits.Red : ImagePixelExtractingEstimator.ColorBits.Rgb,
            ImagePixelExtractingEstimator.ColorsOrder.ARGB,
            interleavePixelColors: false,
            outputAsFloatArray: false));
        Append(ml.Transforms.ApplyOnnxModel(ProbabilitiesName, PixelsName, onnxFile));
        Add(Classifier(ml, rows.Schema[ProbabilitiesName].Type, model.Classes, columns.PredictedLabel));
        string[] helpers = [ImageName, PixelsName, ProbabilitiesName];
        if (columns.Score != ScoreName)
        {
            Append(ml.Transforms.CopyColumns(columns.Score, ScoreName));
            helpers = [.. helpers, ScoreName];
        }

        Append(ml.Transforms.DropColumns(helpers));
        return new TransformerChain<ITransformer>([.. chain]);

        void Append(IEstimator<ITransformer> estimator) => Add(estimator.Fit(rows));

        void Add(ITransformer transformer)
        {
            chain.Add(transformer);
            rows = transformer.Transform(rows);
        }
    }

    private static MulticlassPredictionTransformer<LinearMulticlassModelParameters> Classifier(MLContext ml, DataViewType probabilities, ClassKeys classes, string predictedLabel)
    {
        var count = classes.Names.Count;
        var values = new DataViewSchema.Annotations.Builder();
        classes.AddValues(values, AnnotationUtils.Kinds.KeyValues);
        var training = new DataViewSchema.Builder();
        training.AddColumn(ProbabilitiesName, probabilities);
        training.AddColumn(LabelName, new KeyDataViewType(typeof(uint), count), values.ToAnnotations());
        // One weight a class: a thousand classes are a thousand numbers and not a million.
        var identity = Enumerable.Range(0, count).Select(index => new VBuffer<float>(count, 1, [1f], [index])).ToArray();
        var parameters = new LinearMulticlassModelParameters(ml, identity, new float[count], count, count, labelNames: null);
        return new MulticlassPredictionTransformer<LinearMulticlassModelParameters>(
            ml, parameters, training.ToSchema(), ProbabilitiesName, LabelName, ScoreName, predictedLabel);
    }

    private static DataViewSchema InputSchema(string column, PortableImageColumn images)
    {
        var schema = new DataViewSchema.Builder();
        schema.AddColumn(column, images == PortableImageColumn.Path ? TextDataViewType.Instance : new ImageDataViewType());
        return schema.ToSchema();
    }
}
