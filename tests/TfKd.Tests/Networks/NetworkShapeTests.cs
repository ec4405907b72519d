using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class NetworkShapeTests
{
    // The published figures: torchvision's model pages, and the sum over cifar100_resnet20.pth's tensors without the batch norms' statistics.
    public static TheoryData<NetworkArchitecture, int, long> ParameterCounts => new()
    {
        { new CifarResNet { Depth = 20 }, 100, 278_324 },
        { new ResNet { Depth = 18 }, 1000, 11_689_512 },
        { new ResNet { Depth = 34 }, 1000, 21_797_672 },
        { new ResNet { Depth = 50 }, 1000, 25_557_032 },
        { new ResNet { Depth = 101 }, 1000, 44_549_160 },
        // By hand: convolutions 290,736, batch norms 928, classifier 1,290.
        { new SmallCnn(), 10, 292_954 },
    };

    [Theory]
    [MemberData(nameof(ParameterCounts), DisableDiscoveryEnumeration = true)]
    public void Network_has_the_published_number_of_parameters(NetworkArchitecture architecture, int classCount, long expected)
    {
        using var network = architecture.Build(classCount);
        Assert.Equal(expected, network.parameters().Sum(parameter => parameter.numel()));
    }

    [Fact]
    public void CifarResNet_keys_and_shapes_are_those_of_the_published_weights()
    {
        using var network = new CifarResNet { Depth = 20 }.Build(100);
        Assert.Equal(PublishedKeys(), Describe(network.Body));

        // Each line is a key and its shape, as the published file cifar100_resnet20.pth lists them.
        static SortedSet<string> PublishedKeys()
        {
            var keys = new SortedSet<string>(StringComparer.Ordinal) { "conv1.weight [16,3,3,3]", "fc.weight [100,64]", "fc.bias [100]" };
            AddNorm("bn1", 16);
            foreach (var (layer, width) in new[] { (1, 16), (2, 32), (3, 64) })
                for (var block = 0; block < 3; block++)
                {
                    var path = $"layer{layer}.{block}";
                    var input = layer > 1 && block == 0 ? width / 2 : width;
                    keys.Add($"{path}.conv1.weight [{width},{input},3,3]");
                    AddNorm($"{path}.bn1", width);
                    keys.Add($"{path}.conv2.weight [{width},{width},3,3]");
                    AddNorm($"{path}.bn2", width);
                    if (input == width)
                        continue;
                    keys.Add($"{path}.downsample.0.weight [{width},{input},1,1]");
                    AddNorm($"{path}.downsample.1", width);
                }
            return keys;

            void AddNorm(string path, int width)
            {
                foreach (var name in new[] { "weight", "bias", "running_mean", "running_var" })
                    keys.Add($"{path}.{name} [{width}]");
                keys.Add($"{path}.num_batches_tracked []");
            }
        }
    }

    [Fact]
    public void ResNet_keys_are_those_of_torchvision()
    {
        using var deep = new ResNet { Depth = 50 }.Build(1000);
        var keys = Describe(deep.Body);
        Assert.Equal(320, keys.Count);
        Assert.Subset(keys, new SortedSet<string>
        {
            "conv1.weight [64,3,7,7]", "bn1.running_var [64]", "layer1.0.conv1.weight [64,64,1,1]", "layer1.0.conv3.weight [256,64,1,1]", "layer1.0.downsample.0.weight [256,64,1,1]",
            "layer2.0.conv2.weight [128,128,3,3]", "layer2.0.downsample.1.num_batches_tracked []", "layer4.2.bn3.bias [2048]", "fc.weight [1000,2048]", "fc.bias [1000]",
        });
        using var plain = new ResNet { Depth = 18 }.Build(1000);
        Assert.Equal(122, Describe(plain.Body).Count);
        using var cifar = new ResNet { Depth = 18, CifarStem = true }.Build(10);
        Assert.Contains("conv1.weight [64,3,3,3]", Describe(cifar.Body));
    }

    [Theory]
    [InlineData(32, 32)]
    [InlineData(33, 47)]
    [InlineData(64, 64)]
    [InlineData(96, 20)]
    public void Any_image_size_gives_logits(int height, int width)
    {
        foreach (NetworkArchitecture architecture in new NetworkArchitecture[] { new SmallCnn(), new CifarResNet { Depth = 8 }, new ResNet(), new ResNet { CifarStem = true } })
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            using var network = architecture.Build(5);
            network.eval();
            Assert.Equal([2L, 5L], network.call(TestNetworks.Pixels(2, new ImageShape(3, height, width))).shape);
        }
    }

    [Theory]
    [MemberData(nameof(TestNetworks.Indices), MemberType = typeof(TestNetworks))]
    public void Every_parameter_gets_a_gradient(int index)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(3);
        using var network = TestNetworks.All[index].Build(5);
        network.train();
        var logits = network.Run(TestNetworks.Pixels(3, network.Architecture.InputShape)).Logits;
        logits.square().sum().backward();
        Assert.All(network.named_parameters(), parameter => Assert.True(parameter.parameter.grad is { } grad && grad.abs().sum().item<float>() > 0, parameter.name));
    }

    [Fact]
    public void Convolution_weights_have_the_variance_of_kaiming()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        using var network = new ResNet().Build(10);
        foreach (var convolution in network.modules().OfType<Conv2d>())
        {
            var expected = Math.Sqrt(2.0 / (convolution.out_channels * convolution.kernel_size[0] * convolution.kernel_size[1]));
            Assert.Equal(1.0, convolution.weight.std().item<float>() / expected, 0.05);
            Assert.Equal(0.0, convolution.weight.mean().item<float>() / expected, 0.05);
        }
        foreach (var norm in network.modules().OfType<BatchNorm2d>())
            Assert.True(norm.weight.eq(1).all().item<bool>() && norm.bias!.eq(0).all().item<bool>());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(18)]
    [InlineData(21)]
    public void CifarResNet_refuses_a_depth_that_is_not_6n_plus_2(int depth)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new CifarResNet { Depth = depth });
        Assert.StartsWith($"Depth must be 6n+2 (8, 14, 20, 32, 44, 56, 110, ...), but is {depth}.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ResNet_refuses_an_unknown_depth()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new ResNet { Depth = 20 });
        Assert.StartsWith("Depth must be 18, 34, 50 or 101, but is 20.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SmallCnn_refuses_images_that_vanish()
    {
        var error = Assert.Throws<InvalidOperationException>(() => new SmallCnn { InputShape = new ImageShape(3, 7, 32) }.Build(2));
        Assert.Equal("SmallCnn halves the resolution three times and needs images of at least 8x8, but InputShape is 3x7x32.", error.Message);
    }

    [Fact]
    public void Architectures_are_values_that_print_every_hyper_parameter()
    {
        Assert.Equal(new ResNet { Depth = 34 }, new ResNet() with { Depth = 34 });
        Assert.Equal("CifarResNet { InputShape = 3x32x32, Depth = 20, Width = 16 }", new CifarResNet().ToString());
        Assert.Equal("ResNet { InputShape = 3x224x224, Depth = 18, CifarStem = False }", new ResNet().ToString());
        Assert.Equal("SmallCnn { InputShape = 3x32x32, Width = 16 }", new SmallCnn().ToString());
    }

    private static SortedSet<string> Describe(nn.Module module) =>
        new(module.state_dict().Select(entry => $"{entry.Key} [{string.Join(',', entry.Value.shape)}]"), StringComparer.Ordinal);
}
