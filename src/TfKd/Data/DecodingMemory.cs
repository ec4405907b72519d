namespace TfKd;

/// <summary>
/// The memory of the images that are being decoded in the process: who would go beyond the limit waits until others are done. Nobody waits
/// who is alone, and nobody takes twice, so that nobody waits for ever.
/// </summary>
internal static class DecodingMemory
{
    private static readonly object _access = new();
    private static long _taken;

    /// <summary>Bytes that are taken at the moment.</summary>
    public static long Taken
    {
        get
        {
            lock (_access)
                return _taken;
        }
    }

    public static void Take(long bytes, long limit)
    {
        lock (_access)
        {
            while (_taken > 0 && _taken + bytes > limit)
                Monitor.Wait(_access);
            _taken += bytes;
        }
    }

    public static void Return(long bytes)
    {
        lock (_access)
        {
            _taken -= bytes;
            Monitor.PulseAll(_access);
        }
    }
}
