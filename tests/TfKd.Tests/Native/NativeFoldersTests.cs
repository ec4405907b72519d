using System.Runtime.InteropServices;

namespace TfKd.Tests;

public sealed class NativeFoldersTests
{
    private static readonly string _natives = Path.Combine("runtimes", RuntimeInformation.RuntimeIdentifier, "native");

    [Fact]
    public void Assembly_of_a_script_has_its_native_files_in_its_package() =>
        Assert.Equal(
            [In("torchsharp", "1.2.3", _natives)],
            NativeFolders.BesideAssembly(In("torchsharp", "1.2.3", "lib", "net8.0", "TorchSharp.dll")));

    [Fact]
    public void Assembly_that_was_copied_has_its_native_files_beside_it_or_below() =>
        Assert.Equal([In("bin"), In("bin", _natives)], NativeFolders.BesideAssembly(In("bin", "TorchSharp.dll")));

    [Fact]
    public void Assembly_in_a_single_file_has_no_folder() => Assert.Empty(NativeFolders.BesideAssembly(""));

    [Fact]
    public void A_library_in_the_process_has_its_folder()
    {
        string[] mappings =
        [
            "7f00-7f01 r--p 00000000 fe:00 1 /lib/libc.so.6",
            "7f01-7f02 r--p 00000000 fe:00 2 /home/a user/torch/libtorch_cpu.so",
            "7f02-7f03 r-xp 00001000 fe:00 2 /home/a user/torch/libtorch_cpu.so",
            "7f03-7f04 rw-p 00000000 00:00 0",
        ];

        Assert.Equal([Path.GetFullPath("/home/a user/torch")], NativeFolders.OfLoaded("libtorch_cpu.so", mappings).Select(Path.GetFullPath));
        Assert.Empty(NativeFolders.OfLoaded("torch_cpu.so", mappings));
    }

    [Fact]
    public void Libtorch_of_this_process_is_found()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems do not list their memory in a file.");
        TorchRuntime.EnsureLoaded();

        var folder = Assert.Single(NativeFolders.OfLoaded("libtorch_cpu.so", File.ReadLines("/proc/self/maps")));
        Assert.True(File.Exists(Path.Combine(folder, "libtorch_cpu.so")));
        Assert.False(NativeFolders.IsScript);
    }

    private static string In(params string[] parts) => Path.Combine([Path.GetFullPath("packages"), .. parts]);
}
