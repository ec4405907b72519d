using System.Runtime.InteropServices;
using TorchSharp;

namespace TfKd;

/// <summary>Functions of libtorch that TorchSharp does not bind, by the names that compilers give them.</summary>
internal static class TorchExports
{
    /// <summary>The addresses of all, or null where one is not there.</summary>
    /// <param name="names">Their names in the library.</param>
    public static nint[]? Find(IReadOnlyList<string> names)
    {
        TorchRuntime.EnsureLoaded();
        // The library is in the process already: this finds it by name.
        if (!NativeLibrary.TryLoad(TorchRuntime.FileName("torch_cpu"), out var library)
            && !NativeLibrary.TryLoad("torch_cpu", typeof(torch).Assembly, null, out library))
            return null;
        var addresses = new nint[names.Count];
        for (var i = 0; i < addresses.Length; i++)
            if (!NativeLibrary.TryGetExport(library, names[i], out addresses[i]))
                return null;
        return addresses;
    }
}
