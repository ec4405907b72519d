using System.Diagnostics;
using System.Security.Cryptography;
using TeacherFreeCifar;

namespace TfKd.Tests;

/// <summary>The 10,000 test images of CIFAR-100 (Krizhevsky, 2009) out of the shared folder, unpacked once into the user's cache.</summary>
internal static class Cifar100Test
{
    private const string Names = "fine_label_names.txt";
    private const string Sha256 = "5b35aa9bf931349fb8f7df5bc9bdc3dcc63ecde117b62852264bdab38c9f0fab";

    /// <summary>Skips the test where the shared folder or the program xz is absent.</summary>
    public static IImageSource Read()
    {
        var packed = Shared.Require("data/cifar100/test.bin.xz");
        var folder = Path.Combine(KernelVerdictStore.DefaultFolder, "cifar100-test");
        var path = Path.Combine(folder, "test.bin");
        Directory.CreateDirectory(folder);
        if (!File.Exists(path))
            AtomicFile.Write(path, stream => Unpack(packed, stream));
        AtomicFile.Write(Path.Combine(folder, Names), stream => stream.Write(File.ReadAllBytes(Shared.Require($"data/cifar100/{Names}"))));
        Assert.Equal(Sha256, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))));
        return Cifar100.Read(folder, "test");
    }

    private static void Unpack(string packed, Stream target)
    {
        try
        {
            using var xz = Process.Start(new ProcessStartInfo("xz", ["-dc", packed]) { RedirectStandardOutput = true })!;
            xz.StandardOutput.BaseStream.CopyTo(target);
            xz.WaitForExit();
            Assert.Equal(0, xz.ExitCode);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("The program xz, which unpacks the shared images, is absent.");
        }
    }
}
