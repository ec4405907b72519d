using System.Runtime.InteropServices;
using TorchSharp;

namespace TfKd;

/// <summary>
/// The folders in which TorchSharp's native files are looked for. An application has them where the host says, or beside it. A script (F#
/// Interactive, a notebook) takes assemblies from where NuGet unpacked them, and there each package has a folder of native files of its
/// own, so that the system's loader does not find those of another.
/// </summary>
internal static class NativeFolders
{
    // No member of torch may be used here: that would start TorchSharp's own loader.
    private static string TorchSharp => typeof(torch).Assembly.Location;

    /// <summary>Whether TorchSharp itself comes out of a folder of unpacked packages.</summary>
    public static bool IsScript => PackageOf(TorchSharp) is not null;

    /// <summary>All of them, those of the application first.</summary>
    public static IEnumerable<string> All =>
    [
        .. (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
        .. Beside(AppContext.BaseDirectory),
        .. BesideAssembly(TorchSharp),
        .. OperatingSystem.IsLinux() ? OfLoaded(TorchRuntime.FileName("torch_cpu"), File.ReadLines("/proc/self/maps")) : [],
    ];

    /// <summary>The folders for an assembly, in a folder of unpacked packages or not.</summary>
    /// <param name="assemblyPath">Its file; empty where it has none, in a program that is a single file.</param>
    internal static IEnumerable<string> BesideAssembly(string assemblyPath) => assemblyPath.Length == 0
        ? []
        : PackageOf(assemblyPath) is { } package ? [Natives(package)] : Beside(Path.GetDirectoryName(assemblyPath)!);

    /// <summary>
    /// The folder of a library that is in the process already: a script's host finds one library of a package, but not those beside it.
    /// </summary>
    /// <param name="fileName">The library's file.</param>
    /// <param name="mappings">The process's memory, as Linux lists it: a path is the last of six columns, and begins with a slash.</param>
    internal static IEnumerable<string> OfLoaded(string fileName, IEnumerable<string> mappings) => mappings
        .Where(line => line.EndsWith($"/{fileName}", StringComparison.Ordinal))
        .Select(line => Path.GetDirectoryName(line[line.IndexOf('/', StringComparison.Ordinal)..])!)
        .Take(1);

    /// <summary>The folder of the package that an assembly of TorchSharp is in: torchsharp/VERSION, with it in lib/FRAMEWORK.</summary>
    private static string? PackageOf(string assemblyPath)
    {
        var lib = assemblyPath.Length == 0 ? null : Directory.GetParent(assemblyPath)?.Parent;
        return lib is { Name: "lib", Parent: { Parent.Name: "torchsharp" } package } ? package.FullName : null;
    }

    private static string[] Beside(string folder) => [folder, Natives(folder)];

    private static string Natives(string folder) => Path.Combine(folder, "runtimes", RuntimeInformation.RuntimeIdentifier, "native");
}
