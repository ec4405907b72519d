namespace TfKd;

/// <summary>
/// Keeps two runs out of one folder of checkpoints, where each would replace the other's. The operating system holds the lock, so that it
/// ends with the process, however that ends.
/// </summary>
internal static class CheckpointLock
{
    /// <returns>Holds the lock until it is disposed.</returns>
    /// <exception cref="IOException">Another run holds it.</exception>
    public static IDisposable Take(string directory)
    {
        try
        {
            return new FileStream(Path.Combine(directory, "checkpoint.lock"), new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                Options = FileOptions.DeleteOnClose,
                BufferSize = 0,
            });
        }
        catch (IOException exception)
        {
            throw new IOException("another run is using it; give each run a folder of its own, or wait until that one has ended.")
            {
                HResult = exception.HResult,
            };
        }
    }
}
