using System.Runtime.InteropServices;

namespace TfKd;

/// <summary>
/// The few functions of the C library that .NET does not offer. glibc on Linux only, unless a function says otherwise: callers check.
/// </summary>
internal static partial class LibC
{
    private const string Name = "libc.so.6";

    /// <summary>Closes the file when a program is executed.</summary>
    public const uint MemFdCloseOnExec = 1;

    /// <summary>Parameter of <see cref="mallopt"/>: bytes free at the end of the heap above which they go back to the kernel.</summary>
    public const int TrimThreshold = -1;

    /// <summary>Parameter of <see cref="mallopt"/>: number of blocks that may have a mapping of their own.</summary>
    public const int MmapMax = -4;

    /// <summary>Whether this process runs on glibc.</summary>
    public static bool IsGlibc { get; } = OperatingSystem.IsLinux()
        && NativeLibrary.TryLoad(Name, out var handle) && NativeLibrary.TryGetExport(handle, "gnu_get_libc_version", out _);

    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int memfd_create(string name, uint flags);

    [LibraryImport(Name)]
    internal static partial int mallopt(int parameter, int value);

    /// <summary>
    /// Gives free pages back to the kernel, those between blocks in use too, and keeps so many bytes at the end of the heap.
    /// </summary>
    [LibraryImport(Name)]
    internal static partial int malloc_trim(nuint keep);

    /// <summary>The variable as native code sees it, which <see cref="Environment"/> does not: .NET keeps a copy of its own.</summary>
    internal static string? GetEnvironmentVariable(string name) => Marshal.PtrToStringUTF8(getenv(name));

    /// <summary>
    /// Gives native code a variable that it does not have: changes made through <see cref="Environment"/> reach it on Windows only. On
    /// Linux with glibc, macOS and Windows; on other systems nothing happens.
    /// </summary>
    internal static void AddEnvironmentVariable(string name, string value)
    {
        if (IsGlibc)
            _ = setenv(name, value, overwrite: 0);
        else if (OperatingSystem.IsMacOS())
            _ = SetOnMac(name, value, overwrite: 0);
        else if (OperatingSystem.IsWindows() && Environment.GetEnvironmentVariable(name) is null)
            Environment.SetEnvironmentVariable(name, value);
    }

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint getenv(string name);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);

    [LibraryImport("libSystem.dylib", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetOnMac(string name, string value, int overwrite);
}
