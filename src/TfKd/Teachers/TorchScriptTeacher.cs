using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A network in a TorchScript file, made in Python with <c>torch.jit.trace</c> or <c>torch.jit.script</c> and <c>.save</c>, as the teacher.
/// It runs in evaluation mode; batches of another size are resized bilinearly. It answers with one tensor; it may be traced for one image,
/// and is then asked image by image, and be of half precision. A TorchScript file holds code: open only files that you trust.
/// </summary>
/// <remarks>
/// On a CPU it runs on libtorch's own convolutions, which are slow and right: those of oneDNN are wrong for some shapes on some processors,
/// and a script cannot be looked into to find out which it has.
/// </remarks>
/// <param name="Path">The file.</param>
/// <example><code>
/// var teacher = new TorchScriptTeacher("teacher.pt") { ClassNames = ["daisy", "rose", "tulip"] };
/// </code></example>
public sealed record TorchScriptTeacher(string Path) : TeacherSource
{
    /// <summary>The file.</summary>
    public string Path { get; init => field = Require.Name(value); } = Require.Name(Path);

    /// <summary>The network's classes, in the order of its outputs. They are matched with the student's by name.</summary>
    public required IReadOnlyList<string> ClassNames { get; init => field = new ValueList<string>(Require.NotNull(value)); }

    /// <summary>The shape of the images that the network takes. Default null: the student's.</summary>
    public ImageShape? InputShape
    {
        get;
        init => field = value is null or { Channels: > 0, Height: > 0, Width: > 0 }
            ? value
            : throw new ArgumentOutOfRangeException(nameof(InputShape), value,
                $"InputShape must be above 0 in each dimension, but is {value}.");
    }

    /// <summary>
    /// Mean and standard deviation of each channel, of values scaled to 0 to 1, that the network was trained with. Default null: it takes
    /// pixels from 0 to 255. The usual ones of networks trained on ImageNet are mean 0.485, 0.456, 0.406 and standard deviation 0.229,
    /// 0.224, 0.225.
    /// </summary>
    public ChannelStatistics? Normalization { get; init; }

    /// <summary>What the network answers with. Default: logits.</summary>
    public TeacherOutput Output { get; init => field = Require.Defined(value); } = TeacherOutput.Logits;

    /// <summary>
    /// Which classes the network may know beside the student's. Default: none. With more, the student's classes are taken out of its
    /// answers and renormalised.
    /// </summary>
    public TeacherClasses Classes { get; init => field = Require.Defined(value); }

    /// <inheritdoc/>
    public override bool GivesFeatures => false;

    /// <summary>Where it answers with logits.</summary>
    public override bool TakesSeveralLabels => Output == TeacherOutput.Logits;

    /// <inheritdoc/>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is not TorchScript or damaged, does not compile, or asks for operators that libtorch does not have (those of torchvision,
    /// say).
    /// </exception>
    protected override Teacher OpenCore(TeacherContext context)
    {
        FileTeacher.RequireFile(Path);
        var settings = new FileTeacherSettings(
            Path, FileHash.Of(Path), ClassNames, InputShape ?? context.InputShape, ScalarType.Float32, Normalization, Output)
        {
            Classes = Classes,
        };
        return new FileTeacher(context, settings, new TorchScriptModel(Path, context.Device));
    }
}
