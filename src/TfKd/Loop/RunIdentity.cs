using System.Globalization;

namespace TfKd;

/// <summary>What makes a run the same as one before, so that it may go on from its checkpoint.</summary>
internal static class RunIdentity
{
    /// <summary>The checkpoint of a run.</summary>
    /// <param name="directory">Its folder.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="network">The student's network.</param>
    /// <param name="rows">
    /// Number and fingerprint of the training rows; fingerprint of the validation rows, null: there are none.
    /// </param>
    /// <param name="teacher">The teacher; null: there is none.</param>
    /// <param name="stepsAnEpoch">
    /// Steps of an epoch: a checkpoint of fewer epochs is gone on with where they were the first of these.
    /// </param>
    /// <exception cref="InvalidOperationException">A member of the plan or of the network has no canonical text.</exception>
    public static RunCheckpoint Open(
        string directory, TrainingPlan plan, NetworkArchitecture network, (int Count, string Fingerprint, string? Validation) rows,
        Teacher? teacher, int stepsAnEpoch) => new(
        directory,
        ("Network", network),
        (nameof(TrainingPlan), plan.Essence),
        ("Training rows", rows.Count),
        ("Fingerprint of the training rows", rows.Fingerprint),
        // The best epoch is chosen by them, and their figures are in the history.
        ("Fingerprint of the validation rows", rows.Validation),
        // The plan may name a file or a column only, and what is in it may have changed.
        ("Fingerprint of the teacher", teacher?.Fingerprint),
        ("Fingerprint of the initial weights", plan.InitialWeights?.Fingerprint))
        {
            Extendable = ($"{nameof(TrainingPlan)}.{nameof(TrainingPlan.MaxEpochs)}", before => MoreEpochs.Objection(
                plan, int.Parse(before, CultureInfo.InvariantCulture), stepsAnEpoch)),
        };
}
