using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>What tells one trained network from another, and what its package says of pixels.</summary>
public sealed class NetworkFingerprintTests
{
    private static readonly SmallCnn _architecture = new() { InputShape = new ImageShape(3, 16, 16), Width = 2 };

    [Fact]
    public void Equal_networks_have_one_and_each_difference_gives_another()
    {
        using var scope = NewDisposeScope();
        using var network = TestNetworks.BuildTrained(_architecture, 3);
        var prints = new List<string> { NetworkFingerprint.Of(network), NetworkFingerprint.Of(network) };
        Assert.Equal(prints[0], prints[1]);
        Assert.Equal(64, prints[0].Length);
        prints.RemoveAt(1);

        using var noGradient = no_grad();
        network.Body.state_dict()["fc.bias"].view(-1)[0].add_(1e-6);
        prints.Add(NetworkFingerprint.Of(network));
        network.Normalization.Set(new ChannelStatistics([0.5, 0.4, 0.3], [0.2, 0.2, 0.2]));
        prints.Add(NetworkFingerprint.Of(network));
        network.Normalization.Set(new ChannelStatistics([0.5, 0.4, 0.2], [0.2, 0.2, 0.2]));
        prints.Add(NetworkFingerprint.Of(network));
        network.Normalization.Set(new ChannelStatistics([0.5, 0.4, 0.3], [0.1, 0.1, 0.1]));
        prints.Add(NetworkFingerprint.Of(network));
        foreach (var (other, classes) in new[] { (_architecture with { Width = 3 }, 3), (_architecture, 4) })
        {
            using var built = TestNetworks.BuildTrained(other, classes);
            prints.Add(NetworkFingerprint.Of(built));
        }

        Assert.Equal(prints.Count, prints.Distinct().Count());
        // The same weights with the names of another architecture, which takes images of another size.
        using var larger = TestNetworks.BuildTrained(_architecture with { InputShape = new ImageShape(3, 24, 24) }, 3);
        Assert.DoesNotContain(NetworkFingerprint.Of(larger), prints);
    }

    [Fact]
    public void The_mean_image_of_a_package_is_the_mean_of_red_green_and_blue()
    {
        using var package = new Package();
        Assert.Null(FeaturizerPreprocessing.Find(package.NetworkPath));
        // Blue first, as the file has it.
        package.Write(["Split", "Concat", "Sub"], ["g", "r"], [1, 3, 1, 2], [10, 20, 30, 50, 70, 110]);
        var statistics = FeaturizerPreprocessing.Find(package.NetworkPath)!;
        Assert.Equal([90 / 255.0, 40 / 255.0, 15 / 255.0], statistics.Mean);
        Assert.Equal([1 / 255.0, 1 / 255.0, 1 / 255.0], statistics.Std);
    }

    [Theory]
    [InlineData("Split,Concat,Add", "g,r", "1,3,1,2", 6)]
    [InlineData("Concat,Split,Sub", "g,r", "1,3,1,2", 6)]
    [InlineData("Split,Concat,Sub", "r,g", "1,3,1,2", 6)]
    [InlineData("Split,Concat,Sub", "g,r", "1,2,1,3", 6)]
    [InlineData("Split,Concat,Sub", "g,r", "3,1,2", 6)]
    [InlineData("Split,Concat,Sub", "g,r", "1,3,1,2", 5)]
    [InlineData("Split,Concat,Sub", "g,r", "1,3,0,2", 0)]
    public void A_preprocessing_of_another_kind_is_refused(string operations, string inputs, string shape, int values)
    {
        using var package = new Package();
        package.Write(
            operations.Split(','), inputs.Split(','), [.. shape.Split(',').Select(long.Parse)], new float[values]);
        Assert.Equal(
            $"'{package.PreprocessingPath}': expected Split, Concat in the opposite order and Sub of a mean image [1,3,H,W], found "
                + $"{operations.Replace(",", ", ", StringComparison.Ordinal)}.",
            Assert.Throws<InvalidDataException>(() => FeaturizerPreprocessing.Find(package.NetworkPath)).Message);
    }

    private sealed class Package : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("tfkd-package-").FullName;

        public string NetworkPath => Path.Combine(_folder, "ResNet18Onnx", "ResNet18.onnx");

        public string PreprocessingPath => Path.Combine(_folder, "ResNetPrepOnnx", "ResNetPreprocess.onnx");

        public void Write(string[] operations, string[] inputs, long[] shape, float[] values)
        {
            var mean = new ProtoMessage();
            foreach (var size in shape)
                mean.Integer(1, size);
            var content = new byte[sizeof(float) * values.Length];
            Buffer.BlockCopy(values, 0, content, 0, content.Length);
            var graph = new ProtoMessage().Message(5, mean.Integer(2, 1).Text(8, "mean").Bytes(9, content));
            foreach (var operation in operations)
            {
                graph.Message(1, operation switch
                {
                    "Split" => new ProtoMessage().Text(1, "x").Text(2, "r").Text(2, "g").Text(4, operation),
                    "Concat" => new ProtoMessage().Text(1, inputs[0]).Text(1, inputs[1]).Text(2, "c").Text(4, operation),
                    _ => new ProtoMessage().Text(1, "c").Text(1, "mean").Text(2, "y").Text(4, operation),
                });
            }

            Directory.CreateDirectory(Path.GetDirectoryName(PreprocessingPath)!);
            using var file = File.Create(PreprocessingPath);
            new ProtoMessage().Integer(1, 8).Message(7, graph).WriteTo(file);
        }

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}
