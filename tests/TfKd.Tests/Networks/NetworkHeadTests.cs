using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class NetworkHeadTests
{
    [Theory]
    [MemberData(nameof(TestNetworks.Indices), MemberType = typeof(TestNetworks))]
    public void Head_of_every_network_gives_the_logits(int index)
    {
        using var network = TestNetworks.All[index].Build(7);
        var head = NetworkHead.Find(network);
        // torchvision's names.
        var path = network.Architecture switch
        {
            DenseNet => "classifier",
            SqueezeNet or MobileNetV2 or EfficientNet => "classifier.1",
            ConvNeXt => "classifier.2",
            MobileNetV3 => "classifier.3",
            Vgg => "classifier.6",
            VisionTransformer => "heads.head",
            _ => "fc",
        };
        Assert.Equal(path, head.Path);
        Assert.Equal([$"{path}.bias", $"{path}.weight"], head.Keys().Order(StringComparer.Ordinal));
        Assert.Same(network.Body.named_modules().Single(entry => entry.name == path).module, head.Module);
    }

    [Fact]
    public void Last_layer_with_as_many_outputs_as_classes_is_the_head()
    {
        using var network = new Layers(() => nn.Sequential(
            ("features", nn.Sequential(nn.Conv2d(3, 5, 1), nn.Conv2d(5, 4, 1))),
            ("classifier", nn.Sequential(nn.Dropout(), nn.Conv2d(4, 5, 1, bias: false), nn.ReLU())),
            ("rest", nn.Linear(5, 4)))).Build(5);
        var head = NetworkHead.Find(network);
        Assert.Equal("classifier.1", head.Path);
        Assert.Equal(["classifier.1.weight"], head.Keys());
    }

    [Fact]
    public void Body_may_be_the_head_itself()
    {
        using var network = new Layers(() => nn.Linear(4, 3)).Build(3);
        var head = NetworkHead.Find(network);
        Assert.Equal("", head.Path);
        Assert.Equal(["bias", "weight"], head.Keys().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Network_without_a_head_is_refused()
    {
        using var network = new Layers(() => nn.Sequential(nn.Conv2d(3, 6, 1), nn.Flatten())).Build(5);
        Assert.Null(NetworkHead.TryFind(network));
        Assert.EndsWith(
            " has no head: expected a Linear or Conv2d with 5 outputs, one a class, found '0' with 6 as the last.",
            Assert.Throws<InvalidOperationException>(() => NetworkHead.Find(network)).Message,
            StringComparison.Ordinal);
        using var bare = new Layers(() => nn.Sequential(nn.Flatten())).Build(5);
        Assert.EndsWith(
            "one a class, found neither.",
            Assert.Throws<InvalidOperationException>(() => NetworkHead.Find(bare)).Message,
            StringComparison.Ordinal);
    }

    private sealed record Layers(Func<nn.Module<Tensor, Tensor>> Make) : NetworkArchitecture(new ImageShape(3, 8, 8))
    {
        protected override nn.Module<Tensor, Tensor> BuildBody(int classCount) => Make();
    }
}
