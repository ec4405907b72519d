using static TorchSharp.torch;

namespace TfKd;

/// <summary>How a model out of a file is used as a teacher.</summary>
/// <param name="Path">The file.</param>
/// <param name="ModelFingerprint">What tells the model, and the part of it that is used, from others.</param>
/// <param name="ClassNames">The classes, in the order of the model's outputs.</param>
/// <param name="Shape">The shape of the images that the model takes.</param>
/// <param name="InputType">Their type: Float32 or Byte.</param>
/// <param name="Normalization">The model's own normalisation, where it is not inside; null: it takes pixels from 0 to 255.</param>
/// <param name="Output">What the model answers with.</param>
internal sealed record FileTeacherSettings(
    string Path,
    string ModelFingerprint,
    IReadOnlyList<string> ClassNames,
    ImageShape Shape,
    ScalarType InputType,
    ChannelStatistics? Normalization,
    TeacherOutput Output)
{
    /// <summary>Which classes it may know beside the student's. Default: none.</summary>
    public TeacherClasses Classes { get; init; } = TeacherClasses.AsStudent;
}
