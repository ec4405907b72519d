namespace TfKd;

/// <summary>
/// What libtorch reads from the process it is loaded into, set to what suits training on a CPU wherever the user has not chosen. Linux with
/// glibc only: elsewhere the defaults are not known to hurt.
/// </summary>
internal static class ProcessSettings
{
    private static readonly string[] _allocatorVariables =
    [
        "MALLOC_MMAP_MAX_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_",
    ];

    /// <summary>
    /// OpenMP's waiting threads spin a little and then sleep. Its own default spins for so long that with anything else running on the
    /// cores two threads are slower than one; sleeping at once (PASSIVE) costs a wake-up at each of the many short operations. OpenMP reads
    /// its variables once, when it is loaded, and from the C library, which does not see changes made through <see cref="Environment"/>.
    /// </summary>
    public static void ApplyBeforeLoading()
    {
        const string WaitPolicy = "OMP_WAIT_POLICY";
        const string SpinCount = "GOMP_SPINCOUNT";
        if (!LibC.IsGlibc)
            return;
        string[] variables = [WaitPolicy, SpinCount];
        if (variables.All(name => Environment.GetEnvironmentVariable(name) is null))
            LibC.AddEnvironmentVariable(SpinCount, "2000");
        foreach (var name in variables)
            if (Environment.GetEnvironmentVariable(name) is { } chosen)
                LibC.AddEnvironmentVariable(name, chosen);
    }

    /// <summary>
    /// The allocator keeps the memory of freed tensors. By default it gives every large block back to the kernel and asks for it again at
    /// the next operation; the page faults then cost as much as the arithmetic. The price: memory once used stays with the process.
    /// </summary>
    public static void KeepFreedMemory()
    {
        if (!LibC.IsGlibc || UserHasTunedAllocator())
            return;
        _ = LibC.mallopt(LibC.MmapMax, 0);
        _ = LibC.mallopt(LibC.TrimThreshold, int.MaxValue);
    }

    /// <summary>
    /// Gives back what <see cref="KeepFreedMemory"/> made the allocator keep. Freed blocks lie between blocks in use, and over many steps
    /// the heap spreads: without this the resident memory grows for hours. The next steps fault their pages in again, which takes a
    /// fraction of a second; <see cref="FreedMemory"/> says when it is due.
    /// </summary>
    public static void ReleaseFreedMemory()
    {
        if (LibC.IsGlibc && !UserHasTunedAllocator())
            _ = LibC.malloc_trim(0);
    }

    private static bool UserHasTunedAllocator() =>
        _allocatorVariables.Any(name => Environment.GetEnvironmentVariable(name) is not null)
        || Environment.GetEnvironmentVariable("GLIBC_TUNABLES")?.Contains("glibc.malloc.", StringComparison.Ordinal) == true;
}
