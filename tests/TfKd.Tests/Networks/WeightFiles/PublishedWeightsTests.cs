using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>
/// Weights that others published, as they come: ResNets of CIFAR-100 in the zip format, one of CIFAR-10 in the format before PyTorch 1.6,
/// and SqueezeNet of ImageNet as .safetensors.
/// </summary>
public sealed class PublishedWeightsTests
{
    // Line 986 of the weights' synset_words.txt.
    private const int Daisy = 985;

    // Top-1 on the 10,000 test images, as published with the weights (chenyaofo/pytorch-cifar-models). Five images are left to the rounding
    // of other processors: a wrong layer, weight or normalisation costs hundreds. On the first thousand, which take a tenth of the time,
    // three standard errors are left, 4.3 points.
    [Theory]
    [InlineData(20, 0.6883, 10_000, 0.0005)]
    [InlineData(32, 0.7016, 1_000, 0.043)]
    [InlineData(56, 0.7263, 1_000, 0.043)]
    public void Network_of_CIFAR_100_classifies_as_published(int depth, double accuracy, int rows, double tolerance)
    {
        var path = Shared.Require($"weights/cifar100/cifar100_resnet{depth}.pth");
        var images = new SourceSubset(Cifar100Test.Read(), Enumerable.Range(0, rows));
        using var network = new CifarResNet { Depth = depth }.Build(100);
        NetworkWeights.Load(network, path);
        network.Normalization.Set(new ChannelStatistics([0.5070, 0.4865, 0.4409], [0.2673, 0.2564, 0.2761]));
        Assert.Equal(accuracy, Evaluator.Evaluate(network, images, 250).Top1, tolerance);
    }

    [Fact]
    public void Backbone_of_CIFAR_100_serves_another_number_of_classes()
    {
        using var scope = NewDisposeScope();
        var path = Shared.Require("weights/cifar100/cifar100_resnet20.pth");
        using var network = new CifarResNet().Build(5);
        NetworkWeights.LoadBackbone(network, path);
        Assert.True(network.Body.state_dict()["layer3.2.conv2.weight"]
            .eq(WeightFile.Read(path)["layer3.2.conv2.weight"])
            .all()
            .item<bool>());
        Assert.Equal([5L, 64], network.Body.state_dict()["fc.weight"].shape);
        Assert.Null(NetworkWeights.ReadNormalization(path));
    }

    [Fact]
    public void Checkpoint_from_before_PyTorch_1_6_is_read()
    {
        using var scope = NewDisposeScope();
        var path = Shared.Require("weights/cifar10_legacy/resnet20-12fca82f.th");
        var weights = WeightFile.Read(path);
        Assert.Equal(97, weights.Count);
        Assert.All(weights.Keys, key => Assert.StartsWith("module.", key, StringComparison.Ordinal));
        Assert.Equal([16L, 3, 3, 3], weights["module.conv1.weight"].shape);
        Assert.Equal([10L, 64], weights["module.linear.weight"].shape);
        Assert.True(weights["module.bn1.running_var"].gt(0).all().item<bool>());
        using var file = File.OpenRead(path);
        var saved = Assert.IsType<PickleDictionary>(TorchLegacyFile.ReadObject(file, new TorchStorages()));
        Assert.Equal(91.78, Assert.IsType<double>(saved.Items.Single(item => item.Key is "best_prec1").Value), 2);
    }

    // Expected: the same file in PyTorch 1.13.1, in float64, with F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, C / 4, C / 4)) as shortcut, on the
    // images that are made here.
    [Fact]
    public void Network_of_CIFAR_10_without_projections_gives_the_logits_of_PyTorch()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var path = Shared.Require("weights/cifar10_legacy/resnet20-12fca82f.th");
        using var network = new CifarResNet { Shortcut = ResidualShortcut.ZeroPadding }.Build(10);
        NetworkWeights.Load(network, path);
        network.Normalization.Set(new ChannelStatistics([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]));
        network.to(ScalarType.Float64);
        network.eval();
        var pixels =
            from image in Enumerable.Range(0, 2)
            from channel in Enumerable.Range(0, 3)
            from y in Enumerable.Range(0, 32)
            from x in Enumerable.Range(0, 32)
            select (byte)((image == 0 ? 7 * x + 3 * y + 40 * channel : (x - 16) * (x - 16) + (y - 12) * (y - 12) + 25 * channel) % 256);
        double[] expected =
        [
            3.69335217, -1.49263756, 8.71905054, -3.13092276, -8.33293967, -0.79412117, 6.22685717, -6.45854191, 0.46968848, 1.08056126,
            3.18265308, 11.78806415, 4.87387913, 5.00415363, -17.49749933, 3.22377448, -2.02849141, -5.19095667, -7.22488585, 3.78655007,
        ];
        var logits = network.call(tensor(pixels.ToArray()).view(2, 3, 32, 32)).data<double>().ToArray();
        Assert.All(expected.Zip(logits), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        // One with projections has parameters that the file has not.
        using var projecting = new CifarResNet().Build(10);
        Assert.EndsWith(
            "missing: layer3.0.downsample.1.running_mean Float32 [64]\nmissing: layer3.0.downsample.1.running_var Float32 [64]\nmissing: "
                + "layer3.0.downsample.1.weight Float32 [64]",
            Assert.Throws<InvalidDataException>(() => NetworkWeights.Load(projecting, path)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void SqueezeNet_with_the_weights_of_ImageNet_knows_daisies()
    {
        // Small batches end the process in some kernels of oneDNN's on some processors.
        using var kernels = (OneDnn.CanSwitch ? ComputePath.Trusted : ComputePath.Default).Enter();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var network = new SqueezeNet().Build(1000);
        NetworkWeights.Load(network, Shared.Require("weights/squeezenet/squeezenet1_0_rgb.safetensors"));
        // As the file's metadata say. Only the scale of the answers tells: pixels from 0 to 255 as they are find as many daisies, 80 times
        // as loud.
        network.Normalization.Set(ChannelStatistics.ImageNet);
        network.eval();
        var shape = network.Architecture.InputShape;

        var answers = Directory.GetFiles(Shared.Require("data/flowers/daisy")).Order(StringComparer.Ordinal).Take(20).Select(path =>
        {
            var pixels = new byte[shape.Channels * shape.Height * shape.Width];
            ImageDecoder.Decode(File.ReadAllBytes(path), shape, pixels);
            using var images = tensor(pixels, [1, shape.Channels, shape.Height, shape.Width]);
            var answer = network.call(images);
            return (Class: answer.argmax(1).item<long>(), Daisy: nn.functional.log_softmax(answer, 1)[0, Daisy].item<float>());
        }).ToList();

        // 15 or more of the first 20 photos; chance would be none.
        Assert.Equal(20, answers.Count);
        Assert.InRange(answers.Count(answer => answer.Class == Daisy), 15, 20);
        Assert.InRange(answers.Average(answer => answer.Daisy), -2.5, 0);
    }
}
