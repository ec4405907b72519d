using Microsoft.ML;
using Microsoft.ML.Data;

namespace ModelBuilder;

public partial class TagClassifier
{
    // Loaded once, whoever asks first: the network in it serves all threads.
    private static readonly Lazy<ITransformer> Model = new(() => new MLContext().Model.Load(MLNetModelPath, out _));

    private static readonly Lazy<string[]> Labels = new(() => LabelsOf(Model.Value.GetOutputSchema(SchemaOf<ModelInput>())));

    /// <summary>
    /// An engine for each thread: a PredictionEngine writes each photo into the same buffers, so two threads with one engine get each
    /// other's answers. An engine is those buffers and no more: network and session are the model's, which all engines share and none
    /// disposes, and what a thread leaves behind is memory that the garbage collector knows. Model Builder's code has one engine for all;
    /// <c>PredictEngine.Value</c> reads the same.
    /// </summary>
    public static readonly ThreadLocal<PredictionEngine<ModelInput, ModelOutput>> PredictEngine = new(CreatePredictEngine);

    /// <summary>
    /// The model's file. Default: beside the program, wherever the current folder is. It is read once, at the first prediction; to be set
    /// before.
    /// </summary>
    public static string MLNetModelPath { get; set; } = Path.Combine(AppContext.BaseDirectory, "TagClassifier.mlnet");

    /// <summary>Predicts one photo; from any number of threads. For many photos the other overload is faster.</summary>
    public static ModelOutput Predict(ModelInput input) => PredictEngine.Value!.Predict(input);

    /// <summary>
    /// Predicts photos in their order, block by block: decoded on all cores, and a block in one run of the network. From any number of
    /// threads.
    /// </summary>
    public static IEnumerable<ModelOutput> Predict(IEnumerable<ModelInput> inputs)
    {
        var mlContext = new MLContext();
        return mlContext.Data.CreateEnumerable<ModelOutput>(
            Model.Value.Transform(mlContext.Data.LoadFromEnumerable(inputs)), reuseRowObject: false);
    }

    /// <summary>The labels with their scores, the highest first.</summary>
    public static IOrderedEnumerable<KeyValuePair<string, float>> PredictAllLabels(ModelInput input) =>
        GetSortedScoresWithLabels(Predict(input));

    /// <summary>The labels with the scores of a prediction, the highest first.</summary>
    public static IOrderedEnumerable<KeyValuePair<string, float>> GetSortedScoresWithLabels(ModelOutput result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return GetLabels(result).Zip(result.Score, KeyValuePair.Create).OrderByDescending(score => score.Value);
    }

    /// <summary>All labels that the model knows, in the order of the scores. They are the model's, and read once.</summary>
    public static IEnumerable<string> GetLabels(ModelOutput result) => Labels.Value;

    private static PredictionEngine<ModelInput, ModelOutput> CreatePredictEngine() =>
        // An engine that owned the model would free the network of all others.
        new MLContext().Model.CreatePredictionEngine<ModelInput, ModelOutput>(
            Model.Value, new PredictionEngineOptions { OwnsTransformer = false });

    private static DataViewSchema SchemaOf<T>()
        where T : class => new MLContext().Data.LoadFromEnumerable(Array.Empty<T>()).Schema;

    private static string[] LabelsOf(DataViewSchema schema)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        schema["Score"].GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    /// <summary>A photo, and its labels where they are known.</summary>
    public class ModelInput
    {
        /// <summary>The labels, with a separator between them.</summary>
        [LoadColumn(0)]
        [ColumnName(@"Label")]
        public string Label { get; set; } = "";

        /// <summary>The content of an image file.</summary>
        [LoadColumn(1)]
        [ColumnName(@"ImageSource")]
        public byte[] ImageSource { get; set; } = [];
    }

    /// <summary>What the model says of a photo.</summary>
    public class ModelOutput
    {
        /// <summary>The labels that were given with the photo.</summary>
        [ColumnName(@"Label")]
        public string Label { get; set; } = "";

        [ColumnName(@"ImageSource")]
        public byte[] ImageSource { get; set; } = [];

        /// <summary>The labels whose score is at least their threshold; none where there are none.</summary>
        [ColumnName(@"PredictedLabel")]
        public string[] PredictedLabel { get; set; } = [];

        /// <summary>The probability of each label. They do not add up to 1.</summary>
        [ColumnName(@"Score")]
        public float[] Score { get; set; } = [];
    }
}
