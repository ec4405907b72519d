using System.Diagnostics;

namespace TfKd.Benchmarks;

/// <summary>CIFAR-100 (Krizhevsky, 2009) and networks trained on it, in a folder beside the checkout.</summary>
/// <param name="folder">With <c>data/cifar100</c> and <c>weights/cifar100</c> in it.</param>
internal sealed class CifarFiles(string folder)
{
    private const int ClassCount = 100;

    private static readonly ImageShape _shape = new(3, 32, 32);

    /// <summary>Beside the checkout, or where TFKD_SHARED says; null where it is absent, which is printed.</summary>
    public static CifarFiles? Find()
    {
        var folder = Environment.GetEnvironmentVariable("TFKD_SHARED") ?? Path.Combine("..", "shared");
        if (Directory.Exists(Path.Combine(folder, "data", "cifar100")))
            return new CifarFiles(folder);
        Console.WriteLine("Skipped: there is no folder ../shared with data/cifar100 in it; TFKD_SHARED says where else it is.");
        return null;
    }

    /// <summary>The published ResNet of a depth.</summary>
    public ImageNetwork Open(int depth)
    {
        var network = new CifarResNet { Depth = depth }.Build(ClassCount);
        network.Normalization.Set(new ChannelStatistics([0.5070, 0.4865, 0.4409], [0.2673, 0.2564, 0.2761]));
        NetworkWeights.Load(network, Path.Combine(folder, "weights", "cifar100", $"cifar100_resnet{depth}.pth"));
        network.eval();
        return network;
    }

    /// <summary>The first images of a part, as the program xz unpacks them.</summary>
    /// <param name="part">test or train.</param>
    /// <param name="count">How many.</param>
    public DecodedCache Read(string part, int count)
    {
        var names = File.ReadAllLines(Path.Combine(folder, "data", "cifar100", "fine_label_names.txt"));
        var images = new DecodedCache(_shape, names);
        var packed = Path.Combine(folder, "data", "cifar100", $"{part}.bin.xz");
        using var xz = Process.Start(new ProcessStartInfo("xz", ["-dc", packed]) { RedirectStandardOutput = true })!;
        // A coarse label, a fine one, and the pixels.
        var record = new byte[2 + _shape.ByteCount];
        for (var row = 0; row < count; row++)
        {
            xz.StandardOutput.BaseStream.ReadExactly(record);
            images.Add(record.AsSpan(2), record[1]);
        }

        xz.Kill();
        return images;
    }
}
