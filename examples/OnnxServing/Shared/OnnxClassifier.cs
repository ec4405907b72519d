using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace OnnxServing;

/// <summary>
/// A network that the library's <c>SaveOnnx</c> wrote: <c>images</c> [N,C,H,W] uint8 in, <c>scores</c> [N,K] out, and the names of the
/// classes in the file's metadata. One session serves all threads: ONNX Runtime's Run may be called from several at once, and a session
/// holds the weights.
/// </summary>
internal sealed class OnnxClassifier : IDisposable
{
    /// <summary>The network's input: [N,C,H,W] of bytes.</summary>
    public const string Input = "images";

    /// <summary>The network's output: [N,K] of floats.</summary>
    public const string Output = "scores";

    private const string ClassesKey = "classes", OutputKey = "output";

    private readonly InferenceSession _session;
    private readonly int _channels, _height, _width;

    /// <param name="path">The .onnx file.</param>
    /// <param name="threads">Threads that compute one batch. Default 0: one a core.</param>
    /// <exception cref="InvalidDataException">The file is no network that <c>SaveOnnx</c> wrote.</exception>
    public OnnxClassifier(string path, int threads = 0)
    {
        Telemetry.TurnOffUnlessSet();
        using var options = new SessionOptions { IntraOpNumThreads = threads };
        // Threads that spin between two requests take the cores from the requests' own threads.
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        try
        {
            _session = new InferenceSession(path, options);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InvalidDataException($"ONNX Runtime cannot read '{path}': {exception.Message}", exception);
        }

        try
        {
            var inputs = _session.InputMetadata;
            if (!inputs.TryGetValue(Input, out var images)
                || images.ElementType != typeof(byte)
                || images.Dimensions is not [_, 1 or 3, > 0, > 0])
                throw new InvalidDataException(
                    $"'{path}' must take '{Input}' of bytes [N,C,H,W] with 1 or 3 channels, but takes {Describe(inputs)}.");
            (_channels, _height, _width) = (images.Dimensions[1], images.Dimensions[2], images.Dimensions[3]);
            Classes = _session.ModelMetadata.CustomMetadataMap.TryGetValue(ClassesKey, out var json)
                ? JsonSerializer.Deserialize<string[]>(json) ?? []
                : throw new InvalidDataException(
                    $"'{path}' must have the names of its classes under '{ClassesKey}' in its metadata, but has " +
                    $"{string.Join(", ", _session.ModelMetadata.CustomMetadataMap.Keys)}.");
            Thresholds = ReadThresholds(_session.ModelMetadata.CustomMetadataMap.GetValueOrDefault(OutputKey), Classes.Count);
            var outputs = _session.OutputMetadata;
            if (!outputs.TryGetValue(Output, out var scores) || scores.Dimensions is not [_, var count] || count != Classes.Count)
            {
                throw new InvalidDataException(
                    $"'{path}' must give '{Output}' [N,{Classes.Count}] for its {Classes.Count} classes, but gives {Describe(outputs)}.");
            }
        }
        catch
        {
            _session.Dispose();
            throw;
        }
    }

    /// <summary>The names of the classes, in the order of the network's scores.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>From which probability on a class is one of a photo's labels; null where a photo has one label.</summary>
    public IReadOnlyList<float>? Thresholds { get; }

    /// <summary>What the network takes, as text.</summary>
    public string InputShape => $"{_channels}x{_height}x{_width}";

    /// <summary>The input's shape, with the number of images first.</summary>
    public long[] ShapeOf(int images) => [images, _channels, _height, _width];

    /// <summary>Bytes of one image's pixels.</summary>
    public int PixelBytes => _channels * _height * _width;

    /// <summary>Classifies an image file. May be called from several threads at once.</summary>
    /// <exception cref="UnreadableImageException">The bytes are no image, no whole one, or too large a one.</exception>
    /// <exception cref="InvalidDataException">The network's answer is not a number.</exception>
    public Prediction Predict(ReadOnlySpan<byte> encoded)
    {
        var pixels = new byte[PixelBytes];
        Decode(encoded, pixels);
        var probabilities = Score(pixels, 1);
        // By probability, equal ones in the order of the classes.
        Score[] scores =
        [
            .. Classes.Zip(probabilities, (name, value) => new Score(name, value)).OrderByDescending(score => score.Probability),
        ];
        return new Prediction(scores[0].Label, scores[0].Probability, scores);
    }

    /// <summary>Makes an image file's pixels. May be called from several threads at once.</summary>
    /// <param name="encoded">The file's content.</param>
    /// <param name="pixels">Becomes the pixels, <see cref="PixelBytes"/> of them.</param>
    /// <exception cref="UnreadableImageException">The bytes are no image, no whole one, or too large a one.</exception>
    public void Decode(ReadOnlySpan<byte> encoded, Span<byte> pixels) => ImagePixels.Read(encoded, _height, _width, pixels[..PixelBytes]);

    /// <summary>Scores a batch of images at once. May be called from several threads at once.</summary>
    /// <param name="pixels">The pixels, one image after the other; there may be more behind them. They are not copied.</param>
    /// <param name="count">Number of images.</param>
    /// <returns>[N,K], a probability a class.</returns>
    /// <exception cref="InvalidDataException">The network's answer is not a number, or there is none.</exception>
    public float[] Score(Memory<byte> pixels, int count)
    {
        using var images = OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance, pixels[..(count * PixelBytes)], ShapeOf(count));
        using var run = new RunOptions();
        try
        {
            using var results = _session.Run(run, [Input], [images], [Output]);
            var scores = results[0].GetTensorDataAsSpan<float>().ToArray();
            var wrong = Array.FindIndex(scores, score => !float.IsFinite(score));
            return wrong < 0
                ? scores
                : throw new InvalidDataException(
                    $"The network's answer for the class '{Classes[wrong % Classes.Count]}' is {scores[wrong]}, which is no probability.");
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InvalidDataException($"ONNX Runtime cannot score {count} images: {exception.Message}", exception);
        }
    }

    /// <summary>Frees the session; no thread may be predicting.</summary>
    public void Dispose() => _session.Dispose();

    private static float[]? ReadThresholds(string? output, int classes)
    {
        if (output is null)
            return null;
        using var json = JsonDocument.Parse(output);
        if (!json.RootElement.TryGetProperty("thresholds", out var list))
            return null;
        float[] thresholds = [.. list.EnumerateArray().Select(value => value.GetSingle())];
        return thresholds.Length == classes
            ? thresholds
            : throw new InvalidDataException(
                $"The network must have a threshold for each of its {classes} classes, but has {thresholds.Length}.");
    }

    private static string Describe(IReadOnlyDictionary<string, NodeMetadata> nodes) =>
        string.Join(
            ", ",
            nodes.Select(node => $"'{node.Key}' of {node.Value.ElementType?.Name} [{string.Join(',', node.Value.Dimensions ?? [])}]"));
}
