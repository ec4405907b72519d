using System.Runtime.InteropServices;
using TorchSharp;

namespace TfKd;

/// <summary>Brings libtorch into the process. Everything in this library that computes with Torch calls it first.</summary>
public static class TorchRuntime
{
    private static readonly Lock _gate = new();
    private static bool _loaded;

    /// <summary>Loads libtorch and sets the process up for it; does nothing from the second call on.</summary>
    /// <exception cref="DllNotFoundException">
    /// libtorch is not there, or does not load; the message says which package to add, or why it does not load.
    /// </exception>
    public static void EnsureLoaded()
    {
        lock (_gate)
        {
            if (_loaded)
                return;
            ProcessSettings.KeepFreedMemory();
            LoadLibraries();
            torch.InitializeDeviceType(DeviceType.CPU);
            _loaded = true;
        }
    }

    /// <summary>
    /// What computes here, in a line of text: the processor, the number of threads, the versions of libtorch and TorchSharp. Two lines that
    /// are equal mean the same kernels, so that it belongs beside figures and in reports of faults. Loads libtorch.
    /// </summary>
    /// <example><code>
    /// Console.WriteLine(TorchRuntime.Describe());
    /// </code></example>
    public static string Describe()
    {
        EnsureLoaded();
        return MachineIdentity.Describe();
    }

    /// <summary>Whether libtorch computes on the device in this process.</summary>
    internal static bool CanUse(torch.Device device) => device.type != DeviceType.CUDA
        || (torch.cuda.is_available() && Math.Max(device.index, 0) < torch.cuda.device_count());

    /// <exception cref="InvalidOperationException">libtorch does not compute on the device; the message says what is missing.</exception>
    internal static void RequireDevice(torch.Device device)
    {
        if (!CanUse(device))
            throw new InvalidOperationException($"The device '{device}' cannot be used: {WhyNot()}");
    }

    /// <summary>Why a graphics card that was asked for cannot be used.</summary>
    internal static string WhyNot() => torch.cuda.is_available()
        ? $"libtorch finds {torch.cuda.device_count()} of NVIDIA's graphics cards, numbered from 0."
        : "libtorch finds no graphics card of NVIDIA's. It needs one, its driver, and the NuGet package "
            + $"{(OperatingSystem.IsWindows() ? "TorchSharp-cuda-windows" : "TorchSharp-cuda-linux")} in place of libtorch-cpu-*.";

    /// <summary>What to tell the user when libtorch does not load.</summary>
    /// <param name="libraryPath">Where it was found; null where it was not.</param>
    internal static string Explain(string? libraryPath) => libraryPath is null
        ? $"libtorch is not among the application's files. {Advice()}"
        : $"libtorch is at '{libraryPath}', but does not load on this system ({RuntimeInformation.OSDescription}): the inner exception "
            + "has the reason.";

    /// <summary>
    /// Loads what TorchSharp is about to load: TorchSharp itself, before it gives up, copies half a gigabyte out of NuGet's cache and
    /// throws an exception without the system's reason. Where this library's own loader does not stand, a script is left to that.
    /// </summary>
    private static void LoadLibraries()
    {
        var assembly = typeof(torch).Assembly;
        _ = NativeLibrary.TryLoad("torch_cpu", assembly, searchPath: null, out _);
        try
        {
            NativeLibrary.Load("LibTorchSharp", assembly, searchPath: null);
        }
        catch (DllNotFoundException) when (NativeFolders.IsScript && !OperatingSystem.IsLinux())
        {
            // A copy in one folder is what works there, and costs the disk only once.
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            throw new DllNotFoundException(Explain(NativeLoader.Find(FileName("torch_cpu"))), exception);
        }
    }

    private static string Advice() =>
        (OperatingSystem.IsWindows(), OperatingSystem.IsMacOS(), RuntimeInformation.ProcessArchitecture) switch
        {
            (true, _, Architecture.X64) =>
                "Add the NuGet package libtorch-cpu-win-x64 (TorchSharp-cuda-windows for an NVIDIA GPU) to the application's project.",
            (_, true, Architecture.Arm64) => "Add the NuGet package libtorch-cpu-osx-arm64 to the application's project.",
            (false, false, Architecture.X64) =>
                "Add the NuGet package libtorch-cpu-linux-x64 (TorchSharp-cuda-linux for an NVIDIA GPU) to the application's project.",
            var (_, _, architecture) => $"There is no package of it for this system ({RuntimeInformation.OSDescription}, {architecture}).",
        };

    internal static string FileName(string library) =>
        OperatingSystem.IsWindows() ? $"{library}.dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";
}
