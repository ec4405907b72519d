using System.Globalization;

namespace TfKd;

/// <summary>What makes a run the same as one before, so that it may go on from its checkpoint.</summary>
internal static class RunIdentity
{
    /// <summary>The checkpoint of a run.</summary>
    /// <param name="directory">Its folder.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="data">The network, and the rows.</param>
    /// <param name="fingerprint">That of the training rows.</param>
    /// <param name="teacher">The teacher; null: there is none.</param>
    /// <param name="stepsAnEpoch">
    /// Steps of an epoch: a checkpoint of fewer epochs is gone on with where they were the first of these.
    /// </param>
    /// <exception cref="InvalidOperationException">A member of the plan or of the network has no canonical text.</exception>
    public static RunCheckpoint Open(
        string directory, TrainingPlan plan, RunData data, string fingerprint, Teacher? teacher, int stepsAnEpoch) => new(
        directory,
        [
            ("Network", data.Student.Architecture),
            (nameof(TrainingPlan), plan.Essence),
            ("Training rows", data.Training.Count),
            ("Fingerprint of the training rows", fingerprint),
            // The best epoch is chosen by them, and their figures are in the history.
            ("Fingerprint of the validation rows", data.Validation is null ? null : SourceFingerprint.Of(data.Validation)),
            // The plan may name a file or a column only, and what is in it may have changed.
            ("Fingerprint of the teacher", teacher?.Fingerprint),
            ("Fingerprint of the initial weights", plan.InitialWeights?.Fingerprint),
            .. data.StudentFingerprint is { } own
                ? [("Fingerprint of the weights that the student came with", own)]
                : Array.Empty<(string, object?)>(),
        ])
        {
            Extendable = ($"{nameof(TrainingPlan)}.{nameof(TrainingPlan.MaxEpochs)}", before => data.IsOfTeacher
                ? "A teacher of other epochs would be another one, and the run that it taught in lost; the checkpoints stay as they are."
                : MoreEpochs.Objection(plan, int.Parse(before, CultureInfo.InvariantCulture), stepsAnEpoch)),
        };
}
