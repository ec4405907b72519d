using System.Runtime.CompilerServices;

namespace TfKd.Tests;

internal static class TorchAtStart
{
    /// <summary>A test may touch TorchSharp before it touches the library.</summary>
    [ModuleInitializer]
    internal static void Load() => TorchRuntime.EnsureLoaded();
}
