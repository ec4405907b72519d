namespace TfKd;

/// <summary>What a run brought; the weights are in the student.</summary>
/// <param name="History">
/// Metrics of each epoch. Where a run ended within an epoch (<see cref="CancellationOutcome.KeepBest"/>,
/// <see cref="TrainingState.RequestStop"/>), that epoch is among them only if its weights were kept: then it is the last one, without
/// validation, and its means are over the steps that were taken.
/// </param>
/// <param name="BestEpoch">The epoch whose weights the student holds, from 0.</param>
/// <param name="StopReason">Why the run ended before its last epoch; null where it did not.</param>
public sealed record TrainingResult(IReadOnlyList<EpochMetrics> History, int BestEpoch, string? StopReason)
{
    /// <summary>Whether the weights are those of the student's peer, which were better; only with a <see cref="PeerTeacher"/>.</summary>
    public bool IsPeer { get; init; }

    /// <summary>
    /// What the run found of its teacher; null without one, with a <see cref="PeerTeacher"/>, and where the run ended within an epoch, or
    /// as soon as it was resumed. It is kept beside the checkpoint, and is there again where a finished run is found.
    /// </summary>
    public TeacherReport? TeacherReport { get; init; }

    /// <summary>
    /// The ranges of the values between the layers of the student as it now is, by which an export with <see cref="OnnxWeights.Int8"/>
    /// answers as validation did; null without <see cref="TrainingPlan.FakeQuantization"/>.
    /// </summary>
    /// <example><code>
    /// var onnx = OnnxExporter.Export(network, new OnnxExportOptions
    /// {
    ///     InputShape = network.Architecture.InputShape,
    ///     Weights = OnnxWeights.Int8,
    ///     Calibration = result.Calibration,
    /// });
    /// </code></example>
    public OnnxCalibration? Calibration { get; init; }

    /// <summary>The metrics of <see cref="BestEpoch"/>, those of its validation being of the weights that were chosen.</summary>
    public EpochMetrics Best => new BestEpoch(BestEpoch, IsPeer).In(History);

    /// <summary>An answer of the teacher; null where there is no <see cref="TeacherReport"/>.</summary>
    internal TeacherExample? TeacherExample { get; init; }

    /// <summary>
    /// The class that the teacher puts each validation row into; null where <see cref="TeacherReport"/> has no figures of these.
    /// </summary>
    internal IReadOnlyList<int>? TeacherPredictions { get; init; }
}
