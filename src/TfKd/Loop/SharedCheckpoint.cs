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
        if (checkpoint is null)
        {
            LoadCopy(parts(), agreement);
        }
        else
        {
            using var file = File.OpenRead(checkpoint.LoadedPath);
            Send(file, agreement);
        }

        return (text, path);
    }

    /// <summary>Gives the others a file, in pieces: it may be larger than an array.</summary>
    internal static void Send(Stream file, ReplicaAgreement agreement, int pieceBytes = 1 << 26)
    {
        var piece = new byte[pieceBytes];
        int count;
        do
        {
            count = file.ReadAtLeast(piece, pieceBytes, throwOnEndOfStream: false);
            agreement.OfFirst(piece[..count]);
        }
        while (count > 0);
    }

    /// <summary>Takes what <see cref="Send"/> gives.</summary>
    internal static void Receive(Stream file, ReplicaAgreement agreement)
    {
        // An empty piece is the end.
        while (agreement.OfFirst((byte[]?)null) is { Length: > 0 } piece)
            file.Write(piece);
    }

    private static void LoadCopy(IEnumerable<CheckpointPart> parts, ReplicaAgreement agreement)
    {
        var directory = Directory.CreateTempSubdirectory("tfkd-checkpoint");
        try
        {
            var copy = Path.Combine(directory.FullName, "checkpoint.safetensors");
            using (var file = File.Create(copy))
                Receive(file, agreement);
            RunCheckpoint.Load(copy, parts);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
