namespace TfKd;

/// <summary>What makes a run the same as one before, so that it may go on from its checkpoint.</summary>
internal static class RunIdentity
{
    /// <summary>The checkpoint of a run.</summary>
    /// <param name="directory">Its folder.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="network">The student's network.</param>
    /// <param name="rows">Number and fingerprint of the training rows.</param>
    /// <param name="teacher">The teacher; null: there is none.</param>
    public static RunCheckpoint Open(
        string directory, TrainingPlan plan, NetworkArchitecture network, (int Count, string Fingerprint) rows, Teacher? teacher) => new(
        directory,
        $"Network: {network}\n{plan.Describe()}\nTraining rows: {rows.Count}, {rows.Fingerprint}"
            + TextOf(teacher) + TextOf(plan.InitialWeights));

    // The plan may name a file or a column only, and what is in it may have changed.
    private static string TextOf(Teacher? teacher) =>
        teacher?.Fingerprint is { } fingerprint ? $"\nTeacher's fingerprint: {fingerprint}" : "";

    private static string TextOf(InitialWeights? weights) =>
        weights is null ? "" : $"\nFingerprint of the initial weights: {weights.Fingerprint}";
}
