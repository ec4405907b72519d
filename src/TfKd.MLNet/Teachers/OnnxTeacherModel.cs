using Microsoft.ML.OnnxRuntime;
using TorchSharp;
using static TorchSharp.torch;
using TensorElementType = Microsoft.ML.OnnxRuntime.Tensors.TensorElementType;

namespace TfKd.MLNet;

/// <summary>A session of ONNX Runtime, one of whose inputs takes images [N,C,H,W] and one of whose outputs is asked for.</summary>
internal sealed class OnnxTeacherModel : IFileModel
{
    private readonly InferenceSession _session;
    private readonly string _path;
    private readonly string _input;
    private readonly string _output;
    private readonly int[] _shape;

    /// <summary>The session is the model's where this does not throw.</summary>
    /// <exception cref="InvalidOperationException">There is no such input or output, or it is not of such images.</exception>
    public OnnxTeacherModel(InferenceSession session, string path, string? input, string? output)
    {
        (_session, _path) = (session, path);
        _input = Choose(session.InputMetadata, "input", nameof(OnnxTeacher.InputName), input);
        _output = Choose(session.OutputMetadata, "output", nameof(OnnxTeacher.OutputName), output);
        var images = session.InputMetadata[_input];
        InputType = images switch
        {
            { IsTensor: true, ElementDataType: TensorElementType.Float, Dimensions.Length: 4 } => ScalarType.Float32,
            { IsTensor: true, ElementDataType: TensorElementType.UInt8, Dimensions.Length: 4 } => ScalarType.Byte,
            _ => throw Refusal($"input '{_input}' must be images [N,C,H,W] of Float or UInt8, but is {Describe(images)}"),
        };
        var answers = session.OutputMetadata[_output];
        if (answers is not { IsTensor: true, ElementDataType: TensorElementType.Float })
            throw Refusal($"output '{_output}' must be a tensor [N,K] of Float, but is {Describe(answers)}");
        _shape = images.Dimensions;
        if (_shape[0] is not (1 or < 1))
            throw Refusal($"the batch of input '{_input}' must be free or 1, but is fixed at {_shape[0]}");
    }

    /// <summary>Float32 or Byte.</summary>
    public ScalarType InputType { get; }

    /// <summary>The shape of the images that the model takes.</summary>
    /// <param name="channels">The student's, for a file in which they are free.</param>
    /// <param name="height">In pixels; 0: the file's own.</param>
    /// <param name="width">In pixels; 0: the file's own.</param>
    /// <exception cref="InvalidOperationException">
    /// The file says otherwise, or does not say and nor does the argument, or it has the channels last.
    /// </exception>
    public ImageShape ShapeFor(int channels, int height, int width)
    {
        if (_shape[1] != channels && _shape[1] is not (1 or 3) && _shape[3] is 1 or 3)
        {
            throw Refusal(
                $"input '{_input}' has the channels last, [{string.Join(',', _shape)}]; expected [N,C,H,W]. Export it with the channels " +
                "first");
        }

        return new ImageShape(
            _shape[1] > 0 ? _shape[1] : channels,
            Side(_shape[2], height, nameof(OnnxTeacher.InputHeight)),
            Side(_shape[3], width, nameof(OnnxTeacher.InputWidth)));
    }

    /// <inheritdoc/>
    public Tensor Answer(Tensor images)
    {
        using var scope = NewDisposeScope();
        var onCpu = images.cpu();
        try
        {
            // A file made for one image is asked image by image.
            var answers = _shape[0] == 1 && images.shape[0] != 1 ? cat([.. onCpu.split(1).Select(Run)]) : Run(onCpu);
            return answers.MoveToOuterDisposeScope();
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InvalidOperationException(
                $"The teacher '{_path}' cannot answer images {Require.ShapeText(images)}: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    /// <summary>Which part of the file is used.</summary>
    public override string ToString() => $"{_input} to {_output}";

    private Tensor Run(Tensor images)
    {
        using var input = InputType == ScalarType.Byte
            ? OrtValue.CreateTensorValueFromMemory(images.data<byte>().ToArray(), images.shape)
            : OrtValue.CreateTensorValueFromMemory(images.data<float>().ToArray(), images.shape);
        using var run = new RunOptions();
        using var results = _session.Run(run, [_input], [input], [_output]);
        var shape = results[0].GetTensorTypeAndShape().Shape;
        return shape.Length > 0
            ? tensor(results[0].GetTensorDataAsSpan<float>().ToArray(), shape)
            : throw new InvalidOperationException(
                $"The teacher '{_path}' must answer with a tensor [N,K], but output '{_output}' is a single number.");
    }

    private string Choose(IReadOnlyDictionary<string, NodeMetadata> nodes, string kind, string property, string? name)
    {
        var names = string.Join(", ", nodes.Keys.Select(node => $"'{node}'"));
        if (name is null)
        {
            return nodes.Count == 1
                ? nodes.Keys.First()
                : throw Refusal($"it has {nodes.Count} {kind}s, {names}; choose one with {property}");
        }

        return nodes.ContainsKey(name) ? name : throw Refusal($"it has no {kind} '{name}', which {property} names; it has {names}");
    }

    private int Side(int inFile, int asked, string property)
    {
        if (inFile <= 0)
        {
            return asked > 0
                ? asked
                : throw Refusal(
                    $"input '{_input}' takes images of any size, [{string.Join(',', _shape)}]; set {property} to the size that it was " +
                    "trained with");
        }

        return asked == 0 || asked == inFile
            ? inFile
            : throw Refusal($"{property} is {asked}, but input '{_input}' takes [{string.Join(',', _shape)}]");
    }

    private InvalidOperationException Refusal(string reason) => new($"The teacher's file '{_path}' cannot be used: {reason}.");

    private static string Describe(NodeMetadata node) =>
        node.IsTensor ? $"{node.ElementDataType} of shape [{string.Join(',', node.Dimensions)}]" : $"a {node.OnnxValueType}";
}
