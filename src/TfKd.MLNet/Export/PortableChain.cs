using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Transforms.Image;

namespace TfKd.MLNet;

/// <summary>
/// A model as stock transformers: LoadImages, ResizeImages, ConvertToGrayscale where the network is grey, ExtractPixels, ApplyOnnxModel, a
/// multiclass classifier, DropColumns. The classifier is linear, with the identity for weights: the probabilities that the network gives
/// become a score with slot names and a predicted label with key values, which no transformer without a model could make of them.
/// </summary>
internal sealed class PortableChain
{
    private const string Prefix = "TfKd.Portable.";
    private const string ImageName = Prefix + "Image";
    private const string PixelsName = Prefix + "Pixels";
    private const string ProbabilitiesName = Prefix + "Probabilities";
    private const string EmbeddingName = Prefix + "Embedding";
    private const string LabelName = Prefix + "Label";

    // ML.NET's classifier has an argument for another name, and fails for each but this.
    private const string ScoreName = AnnotationUtils.Const.ScoreValueKind.Score;

    private readonly MLContext _ml;
    private readonly List<ITransformer> _steps = [];
    private IDataView _rows;

    private PortableChain(MLContext ml, DataViewSchema input)
    {
        _ml = ml;
        _rows = new EmptyDataView(ml, input);
    }

    public static ITransformer Build(
        MLContext ml, TorchImageClassificationModel model, TransformerColumns columns, PortableImageColumn images)
    {
        Check(model);
        var source = Find(images);
        Check(columns);
        OnnxTelemetry.TurnOffUnlessSet();
        // ML.NET hands a model to ONNX Runtime as a file, and leaves behind the one that it makes of a stream.
        // By another name than .onnx it could be taken for a model in ONNX Runtime's own format: one of 32,768 random ones ends in .ort.
        var file = Path.Combine(ml.TempFilePath, $"{Path.GetRandomFileName()}.onnx");
        try
        {
            string[] outputs = [ProbabilitiesName, .. model.Card.EmbeddingSize > 0 ? new[] { EmbeddingName } : []];
            // A classifier names the scores that it makes.
            var renamed = PortableOnnx.Rename(model.Onnx, PixelsName, outputs, withSlotNames: model.Thresholds is not null);
            File.WriteAllBytes(file, renamed);
            var chain = new PortableChain(ml, InputSchema(columns.Image, source.Type));
            chain.AddImages(model.InputShape, columns.Image, source);
            chain.AddScores(file, outputs, model, columns);
            using var built = new TransformerChain<ITransformer>([.. chain._steps]);
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

    private static PortableImages Find(PortableImageColumn images)
    {
        var sources = ImageColumn.Kinds.Select(kind => kind.Portable).OfType<PortableImages>().ToList();
        return sources.Find(source => source.Column == images) ?? throw new ArgumentOutOfRangeException(
            nameof(images), images, $"images must be {string.Join(" or ", sources.Select(source => source.Column))}, but is {images}.");
    }

    private static void Check(TorchImageClassificationModel model)
    {
        if (!model.HasOnnx)
        {
            throw new NotSupportedException(
                "A portable chain holds the model's ONNX form, but it has none: it was trained with ScoringBackend.Torch.");
        }

        if (model.InputShape.Channels is not (1 or 3))
        {
            throw new NotSupportedException(
                $"The network takes images of {model.InputShape.Channels} channels ({model.InputShape}); ML.NET's own " +
                "transformers give 1 (grey) or 3 (RGB).");
        }
    }

    private static void Check(TransformerColumns columns)
    {
        foreach (var name in new[] { columns.Image, columns.Score, columns.PredictedLabel, columns.Embedding }.OfType<string>())
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal) || (name == ScoreName && columns.Score != ScoreName))
            {
                throw new NotSupportedException(
                    $"Column '{name}' cannot be exported: the columns between the steps are '{ScoreName}', where the score " +
                    $"column is another, and names that begin with '{Prefix}'.");
            }
        }
    }

    private void AddImages(ImageShape shape, string imageColumn, PortableImages source)
    {
        if (source.Load is { } load)
            Add(load(_ml, ImageName, imageColumn));
        var isGrey = shape.Channels == 1;
        var loaded = source.Load is null ? imageColumn : ImageName;
        Add(_ml.Transforms.ResizeImages(
            ImageName,
            shape.Width,
            shape.Height,
            loaded,
            ImageResizingEstimator.ResizingKind.IsoCrop,
            ImageResizingEstimator.Anchor.Center));
        if (isGrey)
            Add(_ml.Transforms.ConvertToGrayscale(ImageName));
        Add(_ml.Transforms.ExtractPixels(
            PixelsName,
            ImageName,
            isGrey ? ImagePixelExtractingEstimator.ColorBits.Red : ImagePixelExtractingEstimator.ColorBits.Rgb,
            ImagePixelExtractingEstimator.ColorsOrder.ARGB,
            interleavePixelColors: false,
            outputAsFloatArray: false));
    }

    private void AddScores(string onnxFile, string[] outputs, TorchImageClassificationModel model, TransformerColumns columns)
    {
        Add(_ml.Transforms.ApplyOnnxModel(outputs, [PixelsName], onnxFile));
        string[] helpers = [ImageName, PixelsName, .. outputs];
        // Several labels of a row are more than any transformer of ML.NET makes of scores.
        if (model.Thresholds is null)
            Add(Classifier(model.Classes, columns.PredictedLabel));
        else
            Add(_ml.Transforms.CopyColumns(columns.Score, ProbabilitiesName));
        if (columns.Embedding is { } embedding)
            Add(_ml.Transforms.CopyColumns(embedding, EmbeddingName));
        if (columns.Score != ScoreName && model.Thresholds is null)
        {
            Add(_ml.Transforms.CopyColumns(columns.Score, ScoreName));
            helpers = [.. helpers, ScoreName];
        }

        Add(_ml.Transforms.DropColumns(helpers));
    }

    private MulticlassPredictionTransformer<LinearMulticlassModelParameters> Classifier(ClassKeys classes, string predictedLabel)
    {
        var count = classes.Names.Count;
        var values = new DataViewSchema.Annotations.Builder();
        classes.AddValues(values, AnnotationUtils.Kinds.KeyValues);
        var training = new DataViewSchema.Builder();
        training.AddColumn(ProbabilitiesName, _rows.Schema[ProbabilitiesName].Type);
        training.AddColumn(LabelName, new KeyDataViewType(typeof(uint), count), values.ToAnnotations());
        // One weight a class: a thousand classes are a thousand numbers and not a million.
        var identity = Enumerable.Range(0, count).Select(index => new VBuffer<float>(count, 1, [1f], [index])).ToArray();
        var parameters = new LinearMulticlassModelParameters(_ml, identity, new float[count], count, count, labelNames: null);
        return new MulticlassPredictionTransformer<LinearMulticlassModelParameters>(
            _ml, parameters, training.ToSchema(), ProbabilitiesName, LabelName, ScoreName, predictedLabel);
    }

    private void Add(IEstimator<ITransformer> estimator) => Add(estimator.Fit(_rows));

    private void Add(ITransformer transformer)
    {
        _steps.Add(transformer);
        _rows = transformer.Transform(_rows);
    }

    private static DataViewSchema InputSchema(string column, DataViewType type)
    {
        var schema = new DataViewSchema.Builder();
        schema.AddColumn(column, type);
        return schema.ToSchema();
    }
}
