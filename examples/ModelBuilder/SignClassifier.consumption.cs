using Microsoft.ML;
using Microsoft.ML.Data;

namespace ModelBuilder;

public partial class SignClassifier
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
    public static string MLNetModelPath { get; set; } = Path.Combine(AppContext.BaseDirectory, "SignClassifier.mlnet");

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

    /// <summary>The classes with their scores, the highest first.</summary>
    public static IOrderedEnumerable<KeyValuePair<string, float>> PredictAllLabels(ModelInput input) =>
        GetSortedScoresWithLabels(Predict(input));

    /// <summary>The classes with the scores of a prediction, the highest first.</summary>
    public static IOrderedEnumerable<KeyValuePair<string, float>> GetSortedScoresWithLabels(ModelOutput result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return GetLabels(result).Zip(result.Score, KeyValuePair.Create).OrderByDescending(score => score.Value);
    }

    /// <summary>
    /// The classes, in the order of the scores. Model Builder's code reads them from the schema for each prediction; they are the
    /// model's, and read once.
    /// </summary>
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

    /// <summary>A photo, and its class where that is known.</summary>
    public class ModelInput
    {
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
        /// <summary>The key of the class that was given with the photo, from 1; 0 if none was.</summary>
        [ColumnName(@"Label")]
        public uint Label { get; set; }

        [ColumnName(@"ImageSource")]
        public byte[] ImageSource { get; set; } = [];

        [ColumnName(@"PredictedLabel")]
        public string PredictedLabel { get; set; } = "";

        /// <summary>The probabilities of the classes.</summary>
        [ColumnName(@"Score")]
        public float[] Score { get; set; } = [];
    }
}
