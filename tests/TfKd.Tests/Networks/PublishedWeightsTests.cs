using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class PublishedWeightsTests
{
    // Line 986 of the weights' synset_words.txt.
    private const int Daisy = 985;

    [Fact]
    public void SqueezeNet_with_the_weights_of_ImageNet_knows_daisies()
    {
        // Small batches end the process in some kernels of oneDNN's on some processors.
        using var kernels = (OneDnn.CanSwitch ? ComputePath.Trusted : ComputePath.Default).Enter();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var network = new SqueezeNet().Build(1000);
        NetworkWeights.Load(network, Shared.Require("weights/squeezenet/squeezenet1_0_rgb.safetensors"));
        // The file's normalisation is folded into its first convolution, which takes pixels as they are.
        network.Normalization.Set(new ChannelStatistics([0, 0, 0], [1 / 255.0, 1 / 255.0, 1 / 255.0]));
        network.eval();
        var shape = network.Architecture.InputShape;

        var answers = Directory.GetFiles(Shared.Require("data/flowers/daisy")).Order(StringComparer.Ordinal).Take(20).Select(path =>
        {
            var pixels = new byte[shape.Channels * shape.Height * shape.Width];
            ImageDecoder.Decode(File.ReadAllBytes(path), shape, pixels);
            using var images = tensor(pixels, [1, shape.Channels, shape.Height, shape.Width]);
            return network.call(images).argmax(1).item<long>();
        }).ToList();

        // 17 of the first 20 photos; chance would be none.
        Assert.Equal(20, answers.Count);
        Assert.InRange(answers.Count(answer => answer == Daisy), 15, 20);
    }
}
