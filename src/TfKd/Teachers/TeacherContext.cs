using static TorchSharp.torch;

namespace TfKd;

/// <summary>What a teacher must fit.</summary>
/// <param name="ClassNames">The student's classes, in the order of the label indices.</param>
/// <param name="InputShape">The shape of the images in each batch.</param>
/// <param name="Device">Where the batches are.</param>
public sealed record TeacherContext(IReadOnlyList<string> ClassNames, ImageShape InputShape, Device Device)
{
    /// <summary>The training rows, whose numbers are the batches' row ids; null where a teacher is opened outside of a run.</summary>
    public IImageSource? Training { get; init; }

    /// <summary>Whether the samples may have several labels.</summary>
    internal bool HasSeveralLabels => Training is { } rows && LabelSets.AreIn(rows);

    /// <summary>The network in training, for teachers that are made of it; null where a teacher is opened outside of a run.</summary>
    public ImageNetwork? Student { get; init; }

    /// <summary>The fingerprint of <see cref="Training"/>, computed when it is first asked for; null where nobody else needs it.</summary>
    internal Lazy<string>? TrainingFingerprint { get; init; }

    /// <summary>Trains networks for teachers that need one first; null where a teacher is opened outside of a run.</summary>
    public ITeacherTraining? TeacherTraining { get; init; }

    /// <summary>
    /// Whether the objective looks at the teacher's features by stage. A teacher that has none answers without; the run is then refused.
    /// Default false.
    /// </summary>
    public bool WithFeatures { get; init; }

    /// <summary>
    /// Whether the objective asks for <see cref="TeacherSignal.PreActivations"/>, beside features. Default false.
    /// </summary>
    public bool WithPreActivations { get; init; }

    /// <summary>
    /// Whether the objective asks for <see cref="TeacherSignal.Classifier"/>, beside features. Default false.
    /// </summary>
    public bool WithClassifier { get; init; }

    /// <summary>What trains networks, for a teacher that cannot do without.</summary>
    /// <param name="source">Who asks, for the message.</param>
    /// <exception cref="InvalidOperationException">The teacher is opened outside of a run.</exception>
    public ITeacherTraining RequireTeacherTraining(TeacherSource source) => TeacherTraining
        ?? throw new InvalidOperationException($"{source} trains its network by the plan of a run and can be opened in one only.");
}
