using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>
/// Classifies images with a trained model: adds the predicted label, a key with the key values of the training labels, and the score, one
/// probability a class; where photos may have several labels (<see cref="ModelCard.Thresholds"/>), a vector of texts. Predicts in blocks of
/// rows, with ONNX Runtime and without libtorch, unless the model was trained to score with Torch. Safe to use from any number of threads.
/// </summary>
public sealed partial class TorchImageClassificationTransformer
    : ISingleFeaturePredictionTransformer<TorchImageClassificationModel>, IDisposable
{
    private readonly Func<TorchImageClassificationModel, IImageScorer> _openScorer;

    internal TorchImageClassificationTransformer(
        TorchImageClassificationModel model,
        TransformerColumns columns,
        Func<TorchImageClassificationModel, IImageScorer>? openScorer = null)
    {
        Model = model;
        _openScorer = openScorer ?? (model => model.OpenScorer());
        Scoring = new ScoringContext(model.InputShape, () => _openScorer(model))
        {
            Columns = columns,
            Classes = model.Classes,
            Rejection = model.Rejection,
            Thresholds = model.Thresholds,
            EmbeddingSize = model.Card.EmbeddingSize,
        };
    }

    /// <summary>
    /// A transformer of a network whose weights are in a file, as published networks come; nothing is trained. Needs libtorch; the model
    /// that is saved does not.
    /// </summary>
    /// <param name="network">
    /// The network. Images of other sizes than its <see cref="NetworkArchitecture.InputShape"/> are scaled and cropped.
    /// </param>
    /// <param name="weightsPath">The file, as <see cref="NetworkWeights.Load(ImageNetwork, string)"/> takes it.</param>
    /// <param name="classNames">The name of each class, in the order of the network's outputs; two or more, each once.</param>
    /// <param name="normalization">
    /// What the network was trained with. Default null: as the file says, where it does (<see cref="NetworkWeights.ReadNormalization"/>).
    /// </param>
    /// <param name="imageColumnName">Name of the image column. Default: Image. The others are Score and PredictedLabel.</param>
    /// <param name="embeddingColumnName">Name of a column of embeddings. Default null: there is none.</param>
    /// <exception cref="ArgumentException">
    /// There are fewer than two names, or one twice; or no normalisation is given, and the file says none.
    /// </exception>
    /// <exception cref="InvalidDataException">The file is damaged, or its weights do not fit the network.</exception>
    /// <exception cref="NotSupportedException">
    /// An operation of the network has no ONNX form; or an embedding is asked for, and the network has none.
    /// </exception>
    /// <example><code>
    /// using var classifier = TorchImageClassificationTransformer.Create(
    ///     new MobileNetV2(), "mobilenet_v2.pth", ["cat", "dog"], ChannelStatistics.ImageNet);
    /// </code></example>
    public static TorchImageClassificationTransformer Create(
        NetworkArchitecture network,
        string weightsPath,
        IReadOnlyList<string> classNames,
        ChannelStatistics? normalization = null,
        string imageColumnName = "Image",
        string? embeddingColumnName = null)
    {
        var columns = new TorchImageClassificationTrainer.Options
        {
            ImageColumnName = imageColumnName,
            EmbeddingColumnName = embeddingColumnName,
        }.OutputColumns;
        return new(PublishedNetwork.ToModel(network, weightsPath, classNames, normalization, embeddingColumnName is not null), columns);
    }

    /// <summary>The trained model.</summary>
    public TorchImageClassificationModel Model { get; }

    /// <summary>Name of the image column: encoded bytes, a path, an MLImage, or pixels of the network's own size.</summary>
    public string FeatureColumnName => Columns.Image;

    /// <summary>The type that images best come in: encoded bytes. The other types of image columns are taken as well.</summary>
    public DataViewType FeatureColumnType { get; } = new VectorDataViewType(NumberDataViewType.Byte);

    /// <summary>Name of the score column.</summary>
    public string ScoreColumnName => Columns.Score;

    /// <summary>Name of the column of the predicted label.</summary>
    public string PredictedLabelColumnName => Columns.PredictedLabel;

    bool ITransformer.IsRowToRowMapper => true;

    internal ScoringContext Scoring { get; }

    private TransformerColumns Columns => Scoring.Columns;

    /// <summary>The schema with the columns that are added.</summary>
    /// <exception cref="ArgumentException">There is no image column, or it is none that can be read.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return Scoring.GetOutputSchema(inputSchema);
    }

    /// <summary>The data with the columns that are added; rows are scored when they are read.</summary>
    /// <exception cref="ArgumentException">There is no image column, or it is none that can be read.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Scoring.ThrowIfDisposed();
        return new BatchedView(input, Scoring);
    }

    /// <summary>Scores rows one by one.</summary>
    /// <exception cref="ArgumentException">There is no image column, or it is none that can be read.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        Scoring.ThrowIfDisposed();
        return new ScoringRowMapper(inputSchema, Scoring);
    }

    /// <summary>
    /// The same transformer with another rule of when not to predict a label; it has a session of its own, and this one stays as it is.
    /// </summary>
    /// <param name="rejection">The rule; null: a label is always predicted.</param>
    /// <exception cref="ArgumentException">The rule has a label, and the classes are no text or have it already.</exception>
    /// <exception cref="NotSupportedException">Photos may have several labels.</exception>
    /// <example><code>
    /// using var strict = transformer.WithRejection(new Rejection { Threshold = 0.9 });
    /// </code></example>
    public TorchImageClassificationTransformer WithRejection(Rejection? rejection)
    {
        Rejection.Check(rejection, Model.Classes, Model.Thresholds is not null);
        return new(Model.With(rejection), Columns, _openScorer);
    }

    /// <summary>
    /// The model as a chain of ML.NET's own transformers, to save with Model.Save and to load in a program that has no reference to this
    /// library, but the packages Microsoft.ML, Microsoft.ML.ImageAnalytics, Microsoft.ML.OnnxTransformer and Microsoft.ML.OnnxRuntime.
    /// Needs no libtorch.
    /// </summary>
    /// <param name="ml">The context that the chain belongs to.</param>
    /// <param name="images">What the image column holds. Default: paths. ML.NET has no transformer that decodes bytes (ConvertToImage takes
    /// raw pixels): where images come as bytes, choose MLImage, and fill the input class by MLImage.CreateFromStream.</param>
    /// <param name="imageColumnName">The column that the chain reads. Default null: the one that this transformer reads. Where that is the
    /// bytes of LoadImagesFromFolder, "ImagePath" is the paths of the same data.</param>
    /// <returns>The chain; the caller disposes it, by IDisposable.</returns>
    /// <remarks>
    /// <para>Columns have the names and types they have here: the predicted label is a key with the key values of the training labels, for
    /// MapKeyToValue; the score has the same annotations, but slot names for text labels only. Images of the network's own size, without
    /// transparency, get the same scores (bit for bit, for 200 images at each of three sizes).</para>
    /// <para>Images of other sizes get others. ResizeImages (IsoCrop, Center) draws with Skia's filter quality High, and leaves the last
    /// row or column black where its rounding falls short, while this transformer reads JPEG at the smallest useful size and scales it with
    /// Medium. On 200 photos (median 320x240) at 32x32, 64x64 and 224x224 the pixels differ by 9.1, 4.8 and 4.4 of 255 on average; 19, 19
    /// and 43 photos have the black line; the scores of three networks differ by at most 0.058, 0.040 and 0.007; 195, 189 and 199 labels
    /// are the same, and as many are right (116, 120 and 46; here 117, 118 and 46). Where that is too much, train on LoadImages,
    /// ResizeImages to the network's size, and ExtractPixels: then training, this transformer and the chain see the same pixels.</para>
    /// <para>Transparency is laid on black instead of white; the EXIF orientation is ignored; grey is made with the weights 0.3, 0.59 and
    /// 0.11. A JPEG that is cut short is no error, but gets the scores of what there is; an empty path is a black image, or an error. Other
    /// damaged and missing files are errors that do not name the row.</para>
    /// <para>Rows are decoded and scored one by one: 3 to 4 times the time of this transformer for the photos at 32x32 and 64x64, about the
    /// same at 224x224. The chain may be read from many threads, but must not be disposed while it is. ML.NET keeps the ONNX model in a
    /// file in MLContext.TempFilePath until the chain is disposed. ResizeImages disposes an MLImage of the network's own size when the next
    /// row is read: give each row its own. The chain has the column of embeddings, where there is one, but neither those of the most
    /// probable classes nor several predicted labels a photo, for which ML.NET has no transformer, nor weights, card or
    /// <see cref="Rejection"/>: it cannot be trained on, be a teacher or be made into this transformer again.</para>
    /// <para>Model.Save fails for a schema of nothing but an MLImage column; give null for the schema then. Columns whose names begin with
    /// "TfKd.Portable." are dropped from the data, and the column Score is where the score column is another.</para>
    /// <para>A program that has no reference to this library starts with ONNX Runtime's telemetry on, unless ORT_DISABLE_TELEMETRY is 1 in
    /// its environment.</para>
    /// </remarks>
    /// <exception cref="NotSupportedException">
    /// The model has no ONNX form; or the network takes neither 1 nor 3 channels, or a column has a name that the columns between the steps
    /// need.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="images"/> is no value of the enumeration.</exception>
    /// <example><code>
    /// ml.Model.Save(transformer.ToPortable(ml, imageColumnName: "ImagePath"), photos.Schema, "portable.zip");
    /// </code></example>
    public ITransformer ToPortable(
        MLContext ml, PortableImageColumn images = PortableImageColumn.Path, string? imageColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(ml);
        return PortableChain.Build(ml, Model, imageColumnName is null ? Columns : Columns with { Image = imageColumnName }, images);
    }

    /// <summary>Frees the session of ONNX Runtime; waits for a block that another thread is scoring.</summary>
    public void Dispose() => Scoring.Dispose();

    void ICanSaveModel.Save(ModelSaveContext ctx) => ModelFile.Save(Model, Columns, ctx);
}
