using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace TfKd.MLNet;

/// <summary>
/// One version of a model's file, for as long as somebody predicts with it: it counts its users, and the last one frees it.
/// </summary>
internal sealed class LoadedClassifier : IDisposable
{
    private const string Name = "The model's file";

    private readonly ScoringContext _scoring;
    private int _users = 1;

    private LoadedClassifier(TorchImageClassificationModel model, FileStamp stamp)
    {
        (Model, Stamp) = (model, stamp);
        _scoring = new ScoringContext(model.InputShape, model.OpenScorer)
        {
            Columns = new TransformerColumns("Image", "Score", "PredictedLabel"),
            Classes = model.Classes,
            Rejection = model.Rejection,
            Thresholds = model.Thresholds,
        };
    }

    public TorchImageClassificationModel Model { get; }

    /// <summary>Tells this version of the file from others.</summary>
    public FileStamp Stamp { get; }

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// ML.NET cannot load the file, or it does not have exactly one of our transformers, or changes images before that.
    /// </exception>
    public static LoadedClassifier Load(string path)
    {
        var stamp = FileStamp.Of(path)
            ?? throw new FileNotFoundException($"{Name} '{path}' is missing; expected what mlContext.Model.Save writes.", path);
        var chain = SavedModel.Load(path, Name);
        // What the model itself holds needs no disposing.
        using var loaded = chain as IDisposable;
        var model = SavedModel.Single(chain, path, Name);
        RequireUntouchedImages(chain, path);
        var classifier = new LoadedClassifier(model, stamp);
        try
        {
            // Here, and not when the first photo comes.
            _ = classifier._scoring.Scorer;
        }
        catch
        {
            classifier.Dispose();
            throw;
        }

        return classifier;
    }

    /// <summary>Adds a user, until it calls <see cref="Dispose"/>; somebody must be one already, as who loaded it is.</summary>
    public void Enter() => Interlocked.Increment(ref _users);

    /// <summary>Takes a user away.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _users) == 0)
            _scoring.Dispose();
    }

    /// <summary>Scores encoded images, in blocks.</summary>
    /// <exception cref="ImageDecodingException">One of them is no image, or not a whole one, or beyond a limit.</exception>
    public ImagePrediction[] Predict(int count, Action<DecodeBlock, int> add)
    {
        var predictions = new ImagePrediction[count];
        var capacity = Math.Min(Math.Max(count, 1), BatchedCursor.CapacityFor(_scoring.InputShape));
        var block = _scoring.Blocks.Rent(capacity);
        try
        {
            for (var first = 0; first < count;)
            {
                block.Clear();
                for (var row = first; row < count && !block.IsFull; row++)
                    Add(block, row);
                Score(block, predictions.AsSpan(first, block.Count), first);
                first += block.Count;
            }

            return predictions;
        }
        finally
        {
            _scoring.Blocks.Return(block);
        }

        // An image without bytes or with too many is told of with its place, as those that cannot be decoded.
        void Add(DecodeBlock to, int row)
        {
            try
            {
                add(to, row);
            }
            catch (ImageDecodingException error)
            {
                to.AddError(error);
            }
        }
    }

    private void Score(DecodeBlock block, Span<ImagePrediction> predictions, int first)
    {
        block.Decode();
        for (var row = 0; row < block.Count; row++)
        {
            if (block.ErrorOf(row) is { } error)
                throw new ImageDecodingException($"Image {first + row} cannot be decoded: {error.Message}", error);
        }

        var names = Model.ClassNames;
        var scores = new float[block.Count * names.Count];
        _scoring.Scorer.Score(block.Pixels, block.Count, scores, embeddings: default);
        for (var row = 0; row < block.Count; row++)
            predictions[row] = new(names, scores[(row * names.Count)..((row + 1) * names.Count)], Model.Rejection, Model.Thresholds);
    }

    // Photos are scored as they come; what a pipeline does to them before would be left out silently.
    private static void RequireUntouchedImages(ITransformer chain, string path)
    {
        var before = ModelsInChain.Flatten(chain).TakeWhile(part => part is not IPredictionTransformer<TorchImageClassificationModel>);
        var changing = before.FirstOrDefault(part => part is not (ValueToKeyMappingTransformer or ImageLoadingTransformer
            or ColumnCopyingTransformer or ColumnSelectingTransformer));
        if (changing is not null)
        {
            throw new InvalidDataException(
                $"{Name} '{path}' has a {changing.GetType().Name} before the classifier, which {nameof(ImageClassifier)} would leave out: "
                + "expected photos to be scored as they are; predict with a PredictionEngine, or save the classifier without it.");
        }
    }
}
