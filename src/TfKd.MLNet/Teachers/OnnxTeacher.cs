using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace TfKd.MLNet;

/// <summary>
/// An ONNX image classifier as the teacher, run by ONNX Runtime on the CPU: images [N,C,H,W] of float32 or uint8 in, [N,K] of float32 out.
/// Batches of another size are resized bilinearly. The file must be whole: one with weights in files beside it is refused.
/// </summary>
/// <remarks>
/// Any operator that ONNX Runtime knows is run, loops and tensors of any size included: a file of a few bytes can take all memory or never
/// end. Open only files that you trust. (The network of this library's own model files is looked at before it is opened.)
/// </remarks>
/// <param name="Path">The file.</param>
/// <example><code>
/// var teacher = new OnnxTeacher("teacher.onnx")
/// {
///     ClassNames = ["daisy", "rose", "tulip"],
///     Normalization = ChannelStatistics.ImageNet,
/// };
/// </code></example>
public sealed record OnnxTeacher(string Path) : TeacherSource
{
    private const string ClassesKey = "classes";

    /// <summary>The file.</summary>
    public string Path { get; init => field = Require.Name(value); } = Require.Name(Path);

    /// <summary>
    /// The model's classes, in the order of its outputs; they are matched with the student's by name. Default null: those in the file's
    /// metadata, under 'classes' as a JSON list of texts, where this library's own exports have them. Where both name a class, it must be
    /// at the same place in both.
    /// </summary>
    public IReadOnlyList<string>? ClassNames { get; init => field = value is null ? null : new ValueList<string>(value); }

    /// <summary>Width of the images that the model takes, in pixels. Default 0: the one that is fixed in the file.</summary>
    public int InputWidth { get; init => field = Require.NotNegative(value); }

    /// <summary>Height of the images that the model takes, in pixels. Default 0: the one that is fixed in the file.</summary>
    public int InputHeight { get; init => field = Require.NotNegative(value); }

    /// <summary>
    /// Mean and standard deviation of each channel, of values scaled to 0 to 1, that the model was trained with. Default null: it takes
    /// pixels from 0 to 255, as this library's own exports do. The usual ones of models trained on ImageNet are mean 0.485, 0.456, 0.406
    /// and standard deviation 0.229, 0.224, 0.225.
    /// </summary>
    public ChannelStatistics? Normalization { get; init; }

    /// <summary>
    /// What the model answers with. Default: logits. The models that this library exports of a transformer answer with probabilities.
    /// </summary>
    public TeacherOutput Output { get; init => field = Require.Defined(value); } = TeacherOutput.Logits;

    /// <summary>Name of the model's input. Default null: the only one.</summary>
    public string? InputName { get; init; }

    /// <summary>Name of the model's output. Default null: the only one.</summary>
    public string? OutputName { get; init; }

    /// <summary>
    /// Which classes the model may know beside the student's. Default: none. With more, the student's classes are taken out of its answers
    /// and renormalised.
    /// </summary>
    public TeacherClasses Classes { get; init => field = Require.Defined(value); }

    /// <inheritdoc/>
    public override bool GivesFeatures => false;

    /// <summary>Where it answers with logits.</summary>
    public override bool TakesSeveralLabels => Output == TeacherOutput.Logits;

    /// <inheritdoc/>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">ONNX Runtime cannot read the file, or it has weights in other files.</exception>
    protected override Teacher OpenCore(TeacherContext context)
    {
        TorchRuntime.EnsureLoaded();
        var bytes = File.ReadAllBytes(FileTeacher.RequireFile(Path));
        // As many threads as the process gives to Torch, which waits meanwhile.
        var session = OnnxSession.Open(
            bytes, OnnxContent.TryRead(bytes), $"the teacher's file '{Path}'", new OnnxExecution { Threads = get_num_threads() });
        OnnxTeacherModel model;
        FileTeacherSettings settings;
        try
        {
            model = new OnnxTeacherModel(session, Path, InputName, OutputName);
            var shape = model.ShapeFor(context.InputShape.Channels, InputHeight, InputWidth);
            if (model.InputType == ScalarType.Byte && Normalization is not null)
                throw new InvalidOperationException(
                    $"The teacher's file '{Path}' takes uint8 images and so normalises by itself, but Normalization is {Normalization}; "
                    + "leave it null.");
            var fingerprint = $"{TorchImageClassificationModel.HashOf(bytes)} {model}";
            settings = new FileTeacherSettings(
                Path, fingerprint, ClassNamesOf(session), shape, model.InputType, Normalization, Output)
            {
                Classes = Classes,
            };
        }
        catch
        {
            session.Dispose();
            throw;
        }

        return new FileTeacher(context, settings, model);
    }

    private IReadOnlyList<string> ClassNamesOf(InferenceSession session)
    {
        var json = session.ModelMetadata.CustomMetadataMap.GetValueOrDefault(ClassesKey);
        var inFile = json is null ? null : ReadNames(json);
        if (ClassNames is not { } given)
        {
            return inFile ?? throw new InvalidOperationException(json is null
                ? $"The teacher's file '{Path}' does not say which classes it knows: its metadata have no '{ClassesKey}'. Set ClassNames, "
                    + "in the order of its outputs."
                : $"The teacher's file '{Path}' does not say which classes it knows: '{ClassesKey}' of its metadata is no JSON list of "
                    + "texts. Set ClassNames, in the order of its outputs.");
        }

        // Other names for its classes are the user's to give, but not the name of one for another.
        foreach (var (own, other) in (inFile ?? []).Zip(given))
        {
            if (own != other && inFile!.Contains(other))
                throw new InvalidOperationException(
                    $"ClassNames have '{other}' where the teacher's file '{Path}' itself has '{own}': its metadata name the classes "
                    + $"{string.Join(", ", inFile!)}; leave ClassNames null.");
        }

        return given;
    }

    private static string[]? ReadNames(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<string[]>(json, ReflectionJson.Options) is { } names && !names.Contains(null) ? names : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
