using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Weights that others published, as they come: ResNets of CIFAR-100 in the zip format, and one of CIFAR-10 in the format before PyTorch 1.6.</summary>
public sealed class PublishedWeightsTests
{
    // Top-1 on the 10,000 test images, as published with the weights (chenyaofo/pytorch-cifar-models). Five images are left to the rounding of other processors: a
    // wrong layer, weight or normalisation costs hundreds.
    [Theory]
    [InlineData(20, 0.6883)]
    [InlineData(32, 0.7016)]
    [InlineData(56, 0.7263)]
    public void Network_of_CIFAR_100_classifies_as_published(int depth, double accuracy)
    {
        var path = Shared.Require($"weights/cifar100/cifar100_resnet{depth}.pth");
        var images = Cifar100Test.Read();
        using var network = new CifarResNet { Depth = depth }.Build(100);
        NetworkWeights.Load(network, path);
        network.Normalization.Set(new ChannelStatistics([0.5070, 0.4865, 0.4409], [0.2673, 0.2564, 0.2761]));
        Assert.InRange(Evaluator.Evaluate(network, images, 250).Top1, accuracy - 0.0005, accuracy + 0.0005);
    }

    [Fact]
    public void Backbone_of_CIFAR_100_serves_another_number_of_classes()
    {
        using var scope = NewDisposeScope();
        var path = Shared.Require("weights/cifar100/cifar100_resnet20.pth");
        using var network = new CifarResNet().Build(5);
        NetworkWeights.LoadBackbone(network, path);
        Assert.True(network.Body.state_dict()["layer3.2.conv2.weight"].eq(WeightFile.Read(path)["layer3.2.conv2.weight"]).all().item<bool>());
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
}
