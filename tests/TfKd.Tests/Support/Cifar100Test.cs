using System.Diagnostics;
using System.Security.Cryptography;

namespace TfKd.Tests;

/// <summary>The 10,000 test images of CIFAR-100 (Krizhevsky, 2009) out of the shared folder, unpacked once into the user's cache.</summary>
internal sealed class Cifar100Test : IImageSource
{
    // A record: coarse label, fine label, three planes of 32x32.
    private const int LabelBytes = 2;
    private const int FineLabel = 1;
    private const string Sha256 = "5b35aa9bf931349fb8f7df5bc9bdc3dcc63ecde117b62852264bdab38c9f0fab";

    private readonly byte[] _records;

    private Cifar100Test(byte[] records, IReadOnlyList<string> classNames) => (_records, ClassNames) = (records, classNames);

    public int Count => _records.Length / RecordBytes;

    public ImageShape Shape { get; } = new(3, 32, 32);

    public IReadOnlyList<string> ClassNames { get; }

    private int RecordBytes => LabelBytes + Shape.ByteCount;

    /// <summary>Skips the test where the shared folder or the program xz is absent.</summary>
    public static Cifar100Test Read()
    {
        var packed = Shared.Require("data/cifar100/test.bin.xz");
        var names = File.ReadAllLines(Shared.Require("data/cifar100/fine_label_names.txt"));
        var path = Path.Combine(KernelVerdictStore.DefaultFolder, "cifar100-test.bin");
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            AtomicFile.Write(path, stream => Unpack(packed, stream));
        }
        var records = File.ReadAllBytes(path);
        Assert.Equal(Sha256, Convert.ToHexStringLower(SHA256.HashData(records)));
        return new Cifar100Test(records, names);
    }

    public int GetLabel(int row) => _records[row * RecordBytes + FineLabel];

    public void ReadPixels(int row, Span<byte> pixels) => _records.AsSpan(row * RecordBytes + LabelBytes, Shape.ByteCount).CopyTo(pixels);

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
