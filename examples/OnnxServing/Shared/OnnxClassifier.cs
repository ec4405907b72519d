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
    private const string Input = "images", Output = "scores", ClassesKey = "classes";

    private readonly InferenceSession _session;
    private readonly int _channels, _height, _width;

    /// <param name="path">The .onnx file.</param>
    /// <exception cref="InvalidDataException">The file is no network that <c>SaveOnnx</c> wrote.</exception>
    public OnnxClassifier(string path)
    {
        Telemetry.TurnOffUnlessSet();
        using var options = new SessionOptions();
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

    /// <summary>What the network takes, as text.</summary>
    public string InputShape => $"{_channels}x{_height}x{_width}";

    /// <summary>Classifies an image file. May be called from several threads at once.</summary>
    /// <exception cref="UnreadableImageException">The bytes are no image, no whole one, or too large a one.</exception>
    /// <exception cref="InvalidDataException">The network's answer is not a number.</exception>
    public Prediction Predict(byte[] encoded)
    {
        var pixels = ImagePixels.Read(encoded, _channels, _height, _width);
        using var images = OrtValue.CreateTensorValueFromMemory(pixels, [1, _channels, _height, _width]);
        using var run = new RunOptions();
        using var results = _session.Run(run, [Input], [images], [Output]);
        var probabilities = results[0].GetTensorDataAsSpan<float>();
        var scores = new Score[Classes.Count];
        for (var i = 0; i < scores.Length; i++)
        {
            if (!float.IsFinite(probabilities[i]))
            {
                throw new InvalidDataException(
                    $"The network's answer for the class '{Classes[i]}' is {probabilities[i]}, which is no probability.");
            }

            scores[i] = new Score(Classes[i], probabilities[i]);
        }

        // By probability, equal ones in the order of the classes.
        scores = [.. scores.OrderByDescending(score => score.Probability)];
        return new Prediction(scores[0].Label, scores[0].Probability, scores);
    }

    /// <summary>Frees the session; no thread may be predicting.</summary>
    public void Dispose() => _session.Dispose();

    private static string Describe(IReadOnlyDictionary<string, NodeMetadata> nodes) =>
        string.Join(
            ", ",
            nodes.Select(node => $"'{node.Key}' of {node.Value.ElementType?.Name} [{string.Join(',', node.Value.Dimensions ?? [])}]"));
}
