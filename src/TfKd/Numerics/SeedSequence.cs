namespace TfKd;

/// <summary>
/// Derives independent seeds from one: a run has one seed, and each concern (initialisation, shuffling, augmentation, ...) its own stream.
/// The mixing function is SplitMix64's finaliser (Steele, Lea and Flood, 'Fast splittable pseudorandom number generators', OOPSLA 2014).
/// </summary>
internal static class SeedSequence
{
    public static ulong Derive(long seed, params ReadOnlySpan<long> parts)
    {
        var state = Mix((ulong)seed + 0x9E3779B97F4A7C15UL);
        foreach (var part in parts)
            state = Mix(state ^ Mix((ulong)part + 0x9E3779B97F4A7C15UL));
        return state;
    }

    /// <summary>A seed that fits the non-negative range that <see cref="Random"/> and Torch accept.</summary>
    public static int DeriveInt32(long seed, params ReadOnlySpan<long> parts) => (int)(Derive(seed, parts) >> 33);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}

/// <summary>What a derived seed is for. The numbers are part of the reproducibility contract: never reuse or renumber one.</summary>
internal static class SeedPurpose
{
    public const long Initialization = 1;
    public const long Shuffling = 2;
    public const long Augmentation = 3;
    public const long Dropout = 4;
    public const long ValidationSplit = 5;
    public const long Mixing = 6;
    public const long Partners = 7;
    public const long TeacherTraining = 8;
    public const long Peer = 9;
    public const long ObjectiveStates = 10;
    public const long Search = 11;
}
