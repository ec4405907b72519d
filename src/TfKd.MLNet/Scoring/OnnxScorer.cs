using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace TfKd.MLNet;

/// <summary>Scores with ONNX Runtime: one session for all threads, reading and writing the callers' own buffers.</summary>
internal sealed class OnnxScorer : IImageScorer
{
    private const string InputName = "images";

    /// <summary>Name of the output that all models have.</summary>
    public const string OutputName = "scores";

    /// <summary>Name of the output of models that give embeddings.</summary>
    public const string EmbeddingName = "embedding";

    private readonly ImageShape _shape;
    private readonly int _classCount;
    private readonly int _embeddingSize;
    private readonly InferenceSession _session;
    // Freeing a session that another thread is running would bring the process down.
    private readonly ReaderWriterLockSlim _lifetime = new();
    private bool _isDisposed;

    /// <param name="model">The content of an ONNX file.</param>
    /// <param name="content">What it says of itself; null where it could not be looked at.</param>
    /// <param name="shape">Of the images.</param>
    /// <param name="classCount">Number of scores.</param>
    /// <param name="embeddingSize">Number of values of an embedding; 0: the model gives none.</param>
    /// <param name="execution">How it computes; null: by default.</param>
    /// <exception cref="InvalidDataException">
    /// The model does not take such images, or does not give so many scores, or no such embedding.
    /// </exception>
    public OnnxScorer(
        ReadOnlyMemory<byte> model, OnnxContent? content, ImageShape shape, int classCount, int embeddingSize = 0,
        OnnxExecution? execution = null)
    {
        (_shape, _classCount, _embeddingSize) = (shape, classCount, embeddingSize);
        // What cannot be looked at was not looked at when the model was made.
        if (content is null)
            throw new InvalidDataException("The model's network is no ONNX model: expected a protobuf message, found other bytes.");
        _session = OnnxSession.Open(model, content, "the model's network", execution);
        try
        {
            Check(_session.InputMetadata, InputName, typeof(byte), [shape.Channels, shape.Height, shape.Width]);
            Check(_session.OutputMetadata, OutputName, typeof(float), [classCount]);
            if (embeddingSize > 0)
                Check(_session.OutputMetadata, EmbeddingName, typeof(float), [embeddingSize]);
        }
        catch
        {
            _session.Dispose();
            throw;
        }
    }

    public void Score(ReadOnlyMemory<byte> images, int count, Memory<float> scores, Memory<float> embeddings)
    {
        _lifetime.EnterReadLock();
        try
        {
            if (_isDisposed)
                throw ScoringContext.Disposed();
            using var input = OrtValue.CreateTensorValueFromMemory(
                OrtMemoryInfo.DefaultInstance, MemoryMarshal.AsMemory(images), [count, _shape.Channels, _shape.Height, _shape.Width]);
            using var first = Output(scores, count, _classCount);
            using var second = Output(embeddings, count, _embeddingSize);
            string[] names = [.. first is null ? [] : new[] { OutputName }, .. second is null ? [] : new[] { EmbeddingName }];
            OrtValue[] outputs = [.. new[] { first, second }.OfType<OrtValue>()];
            using var run = new RunOptions();
            _session.Run(run, [InputName], [input], names, outputs);
        }
        finally
        {
            _lifetime.ExitReadLock();
        }
    }

    public void Dispose()
    {
        _lifetime.EnterWriteLock();
        try
        {
            if (!_isDisposed)
                _session.Dispose();
            _isDisposed = true;
        }
        finally
        {
            _lifetime.ExitWriteLock();
        }
    }

    private static OrtValue? Output(Memory<float> values, int count, int width) => values.IsEmpty
        ? null
        : OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, values, [count, width]);

    private static void Check(IReadOnlyDictionary<string, NodeMetadata> found, string name, Type type, int[] row)
    {
        if (found.TryGetValue(name, out var node) && node.IsTensor && node.ElementType == type
            && node.Dimensions is [_, .. var rest] && rest.AsSpan().SequenceEqual(row))
            return;
        var nodes = found.Select(entry =>
            $"'{entry.Key}' of type {entry.Value.ElementType.Name} and shape [{string.Join(',', entry.Value.Dimensions)}]");
        throw new InvalidDataException(
            $"The network must have '{name}' of type {type.Name} and shape [N,{string.Join(',', row)}], but has " +
            $"{string.Join(", ", nodes)}.");
    }
}
