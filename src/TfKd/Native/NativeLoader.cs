using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using Microsoft.Win32.SafeHandles;

namespace TfKd;

/// <summary>
/// Lets TorchSharp's native library load on Linux systems whose libstdc++ is older than the one it was linked against (Debian 12, Ubuntu
/// 22.04). The library asks for symbol version GLIBCXX_3.4.32, but only as the mark of a header: it calls nothing of that version. So the
/// copy in memory has the need marked as weak; no file is touched. The event used is raised only after the runtime's own search failed:
/// elsewhere nothing happens.
/// </summary>
internal static class NativeLoader
{
    private const string BridgeName = "LibTorchSharp";
    private const string StandardLibrary = "libstdc++.so.6";
    private const string MissingVersion = "GLIBCXX_3.4.32";

    private static readonly Lock _gate = new();
    private static nint _bridge;

#pragma warning disable CA2255 // The hook must stand before the first use of TorchSharp, wherever that is.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Register()
    {
        if (!OperatingSystem.IsLinux())
            return;
        ProcessSettings.ApplyBeforeLoading();
        var context = AssemblyLoadContext.GetLoadContext(typeof(NativeLoader).Assembly) ?? AssemblyLoadContext.Default;
        context.ResolvingUnmanagedDll += Resolve;
    }

    /// <summary>The full path of a native file in the folders where the runtime looks for them; null where there is none.</summary>
    public static string? Find(string fileName) =>
        NativeFolders.All.Select(folder => Path.Combine(folder, fileName)).FirstOrDefault(File.Exists);

    private static nint Resolve(Assembly assembly, string name)
    {
        if (name != BridgeName || assembly.GetName().Name != "TorchSharp" || Find("libLibTorchSharp.so") is not { } path)
            return 0;
        // Every caller must get the same handle: a second copy would have a state of its own.
        lock (_gate)
            return _bridge != 0 ? _bridge : _bridge = Load(path);
    }

    private static nint Load(string path)
    {
        // What is in the process already is found by name, so the copy in memory needs no folder of its own to find libtorch.
        if (Find("libtorch.so") is not { } torch || !NativeLibrary.TryLoad(torch, out _))
            return 0;
        if (NativeLibrary.TryLoad(path, out var handle))
            return handle;
        var image = File.ReadAllBytes(path);
        return ElfVersionNeeds.MakeWeak(image, StandardLibrary, MissingVersion) ? LoadFromMemory(image) : 0;
    }

    private static nint LoadFromMemory(byte[] image)
    {
        var descriptor = LibC.memfd_create("libLibTorchSharp.so", LibC.MemFdCloseOnExec);
        if (descriptor < 0)
            return 0;
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        using var file = new FileStream(handle, FileAccess.Write, bufferSize: 0);
        file.Write(image);
        return NativeLibrary.TryLoad($"/proc/self/fd/{descriptor}", out var library) ? library : 0;
    }
}
