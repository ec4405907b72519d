using System.Runtime.InteropServices;

namespace TfKd.Benchmarks;

/// <summary>A second name of a file, on Linux and macOS.</summary>
internal static class HardLink
{
    public static void Create(string file, string name)
    {
        if (link(file, name) != 0)
            throw new IOException($"'{name}' cannot be made a link to '{file}': error {Marshal.GetLastPInvokeError()}.");
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int link(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string file, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);
}
