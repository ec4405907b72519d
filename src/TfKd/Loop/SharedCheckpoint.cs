namespace TfKd;

/// <summary>
/// The checkpoint of a run of several processes: that of rank 0, whose bytes the others get. They need not see its folder, nor need they be
/// as many as when it was written.
/// </summary>
internal static class SharedCheckpoint
{
    /// <summary>Puts the tensors of all parts in place, where there is a checkpoint.</summary>
    /// <param name="checkpoint">That of this process; null: it has none.</param>
    /// <param name="parts">All that has tensors.</param>
    /// <param name="agreement">The processes.</param>
    /// <returns>Where the run stood, as its own text, and in which file; null without a checkpoint.</returns>
    public static (string Text, string Path)? TryLoad(
        RunCheckpoint? checkpoint, Func<IEnumerable<CheckpointPart>> parts, ReplicaAgreement agreement)
    {
        var text = checkpoint?.TryLoad(parts());
        if (agreement.Replicas is null)
            return text is null ? null : (text, checkpoint!.Path);
        text = agreement.OfFirst(text);
        if (text is null)
            return null;
        var path = agreement.OfFirst(checkpoint?.Path)!;
        var bytes = agreement.OfFirst(checkpoint is null ? null : File.ReadAllBytes(checkpoint.LoadedPath))!;
        if (checkpoint is null)
            LoadCopy(bytes, parts());
        return (text, path);
    }

    private static void LoadCopy(byte[] bytes, IEnumerable<CheckpointPart> parts)
    {
        var directory = Directory.CreateTempSubdirectory("tfkd-checkpoint");
        try
        {
            var copy = Path.Combine(directory.FullName, "checkpoint.safetensors");
            File.WriteAllBytes(copy, bytes);
            RunCheckpoint.Load(copy, parts);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
