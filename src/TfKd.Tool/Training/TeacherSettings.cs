using TfKd.MLNet;

namespace TfKd.Tool;

/// <summary>A teacher out of a file.</summary>
/// <param name="Path">A model file, or an ONNX file.</param>
internal sealed record TeacherSettings(string Path)
{
    private const string OnnxEnding = ".onnx";

    /// <summary>The classes of an ONNX file, in the order of its outputs; null: its metadata have them.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>What an ONNX file answers with; null: probabilities, where this library wrote it, otherwise logits.</summary>
    public TeacherOutput? Output { get; init; }

    /// <summary>Whether an ONNX file takes images that are normalised as those of ImageNet.</summary>
    public bool IsNormalizedByImageNet { get; init; }

    /// <summary>Whether it is an ONNX file, by its name.</summary>
    public bool IsOnnx => Path.EndsWith(OnnxEnding, StringComparison.OrdinalIgnoreCase);

    /// <summary>The teacher, which may know more classes than the student.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public TeacherSource ToSource()
    {
        if (!File.Exists(Path))
            throw new FileNotFoundException($"There is no file '{Path}'; expected the teacher, a model file or an ONNX file.", Path);
        return IsOnnx
            ? new OnnxTeacher(Path)
            {
                ClassNames = ClassNames,
                Output = Output ?? (IsOurs() ? TeacherOutput.Probabilities : TeacherOutput.Logits),
                Normalization = IsNormalizedByImageNet ? ChannelStatistics.ImageNet : null,
                Classes = TeacherClasses.MayBeMore,
            }
            : new ModelFileTeacher(Path) { Classes = TeacherClasses.MayBeMore };
    }

    /// <summary>
    /// Whether the file says that it answers with probabilities, as this library's exports do: of one label, or one probability a class.
    /// </summary>
    private bool IsOurs() => OnnxContent.TryRead(File.ReadAllBytes(Path)) is { } content
        && content.Metadata.TryGetValue("output", out var output) && output.Contains("probabilit", StringComparison.Ordinal);
}
