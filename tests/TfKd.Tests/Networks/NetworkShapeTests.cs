using System.Security.Cryptography;
using System.Text;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class NetworkShapeTests
{
    // The published figures: torchvision's model pages, and the sum over cifar100_resnet20.pth's tensors without the batch norms'
    // statistics.
    public static TheoryData<NetworkArchitecture, int, long> ParameterCounts => new()
    {
        { new CifarResNet { Depth = 20 }, 100, 278_324 },
        { new ResNet { Depth = 18 }, 1000, 11_689_512 },
        { new ResNet { StageBlocks = [2, 2] }, 5, 683_717 },
        { new ResNet { StageBlocks = [2, 2, 2] }, 5, 2_784_069 },
        { new ResNet { StageBlocks = [1, 1, 1], StageWidths = [64, 128, 152] }, 5, 717_837 },
        { new ResNet { StageWidths = [16, 32, 64, 128] }, 5, 702_741 },
        { new ResNet { Depth = 20 }, 1000, 16_410_152 },
        { new ResNet { Depth = 34 }, 1000, 21_797_672 },
        { new ResNet { Depth = 50 }, 1000, 25_557_032 },
        { new ResNet { Depth = 101 }, 1000, 44_549_160 },
        // The reference's networks for CIFAR, built and counted. VGG (weiaicunzai/pytorch-cifar100) is the same; DenseNet (Yuan et al.,
        // CVPR 2020) has 7,048,548, without the batch norm of 128 behind the first convolution; GoogLeNet (Yuan et al.) has 6,258,500, by
        // another stem, biases and one more convolution an inception; SqueezeNet (weiaicunzai/pytorch-cifar100) has 781,156, by batch
        // norms.
        { new Vgg { Depth = 11, PoolSize = 1 }, 100, 28_518_244 },
        { new Vgg { Depth = 13, PoolSize = 1 }, 100, 28_703_140 },
        { new Vgg { Depth = 16, PoolSize = 1 }, 100, 34_015_396 },
        { new Vgg { Depth = 19, PoolSize = 1 }, 100, 39_327_652 },
        { new DenseNet { CifarStem = true }, 100, 7_048_676 },
        { new GoogLeNet { CifarStem = true }, 100, 5_694_724 },
        { new SqueezeNet { CifarStem = true }, 100, 775_204 },
        // By hand: convolutions 290,736, batch norms 928, classifier 1,290.
        { new SmallCnn(), 10, 292_954 },
        // The reference's network, built and counted (xternalz/WideResNet-pytorch); the paper's tables say 36.5 M for WRN-28-10.
        { new WideResNet { Depth = 16, WidenFactor = 1 }, 100, 180_916 },
        { new WideResNet { Depth = 16, WidenFactor = 2 }, 100, 703_284 },
        { new WideResNet { Depth = 16, WidenFactor = 2 }, 10, 691_674 },
        { new WideResNet { Depth = 40, WidenFactor = 1 }, 100, 569_780 },
        { new WideResNet { Depth = 40, WidenFactor = 2 }, 100, 2_255_156 },
        { new WideResNet { Depth = 40, WidenFactor = 2 }, 10, 2_243_546 },
        { new WideResNet(), 100, 36_536_884 },
        { new WideResNet(), 10, 36_479_194 },
        // The network of the code of Yuan et al. (CVPR 2020), built and counted; the ResNeXt paper's table 7 says 34.4 M for 10 classes.
        { new ResNeXt29(), 100, 34_518_948 },
        { new ResNeXt29(), 10, 34_426_698 },
        // torchvision's model pages, and its networks of other widths, built and counted.
        { new MobileNetV2(), 1000, 3_504_872 },
        { new MobileNetV2 { WidthMultiplier = 0.35 }, 1000, 1_677_128 },
        { new MobileNetV2 { WidthMultiplier = 0.5 }, 1000, 1_968_680 },
        { new MobileNetV2 { WidthMultiplier = 0.75 }, 1000, 2_636_424 },
        { new MobileNetV2 { WidthMultiplier = 1.4 }, 1000, 6_108_776 },
        { new ShuffleNetV2 { WidthMultiplier = 0.5 }, 1000, 1_366_792 },
        { new ShuffleNetV2(), 1000, 2_278_604 },
        { new ShuffleNetV2 { WidthMultiplier = 1.5 }, 1000, 3_503_624 },
        { new ShuffleNetV2 { WidthMultiplier = 2 }, 1000, 7_393_996 },
        // torchvision's again: the stem changes strides only. The networks of Yuan et al. have 2,369,380 and 1,360,896, by biases and other
        // first layers.
        { new MobileNetV2 { CifarStem = true }, 100, 2_351_972 },
        { new ShuffleNetV2 { CifarStem = true }, 100, 1_356_104 },
    };

    [Theory]
    [MemberData(nameof(ParameterCounts), DisableDiscoveryEnumeration = true)]
    public void Network_has_the_published_number_of_parameters(NetworkArchitecture architecture, int classCount, long expected)
    {
        using var network = architecture.Build(classCount);
        Assert.Equal(expected, network.parameters().Sum(parameter => parameter.numel()));
    }

    // From torchvision 0.14.1: parameters, entries of the state dict, and SHA-256 of its lines 'key [shape]', sorted by byte and joined by
    // line feeds.
    public static TheoryData<NetworkArchitecture, long, int, string> Torchvision => new()
    {
        { new DenseNet(), 7_978_856, 727, "DDE2B84D556AEA7C86EAE6853EAFB5D1BC47A22607C332C53A49C3CFB72EF3BB" },
        { new DenseNet { Depth = 169 }, 14_149_480, 1015, "41A239D10863EEC293DA0DDF8D10DC10BB5026115549E33B37BA638BBAD27AE8" },
        { new DenseNet { Depth = 201 }, 20_013_928, 1207, "EC8B7B6474E157584482DF377BB63F95C691EBDC4E4A11F55A45851316150141" },
        { new GoogLeNet(), 6_624_904, 344, "AF258E8B1021172015FF55509A81AD819A0F6ADCC7EA0DDA6749B61E1B022108" },
        { new SqueezeNet(), 1_248_424, 52, "A677E4271919A9476B94FAED708466CE402F854508CD11E5767635C408551975" },
        { new SqueezeNet { Version = 1.1 }, 1_235_496, 52, "1E08D3A32BE8FEAFCF6D32BB3A808D2CE21039C17D4BEB186A45B8D0FAB2C6D3" },
        // The largest here: half a gigabyte. That of other depths is a matter of the convolutions, which the rows for CIFAR
        // count.
        { new Vgg(), 138_365_992, 97, "88776EB2BF26DA718D9E231644312B955860D8B7E568F51329D693E38F3961D9" },
        { new MobileNetV3(), 5_483_032, 312, "32F388BD8E8D065CA738562542BC60DE24DFAE3FDF1AB6A54DA34BFB1759A578" },
        { new MobileNetV3 { Size = MobileNetV3Size.Small }, 2_542_856, 244,
            "6306FC37EDB1B286D7F94714DB0EE4C9DBFE054EB2BDE6C9CD75FBED093E7681" },
        { new MobileNetV3 { WidthMultiplier = 0.5 }, 1_734_576, 312, "9A51C9AE26E887F05EEB3234ACAB2B0EFD8A3AA8CCA91409929A3168CF54CAC7" },
        { new EfficientNet(), 5_288_548, 360, "2433369481B3D568D84659C5704FB1DA7E13AFCA0AE4E1AFE35155A667483378" },
        { new EfficientNet { DepthMultiplier = 1.1 }, 7_794_184, 508, "9F15C06EBE9FAF30B3A37770F118E13901AD8C2BA8E8DFB7996B78DDB411E297" },
        { new EfficientNet { WidthMultiplier = 1.1, DepthMultiplier = 1.2 }, 9_109_994, 508,
            "D993A4A104BB6F6D92AB030593F2167E88CF447054B0144CED426BA552A4F57D" },
        { new EfficientNet { WidthMultiplier = 1.2, DepthMultiplier = 1.4 }, 12_233_232, 574,
            "16309EB2522960CA72C2FD5136573735363A53964D72ADD591ECB3ED4EEA4B15" },
        { new EfficientNet { WidthMultiplier = 1.4, DepthMultiplier = 1.8 }, 19_341_616, 706,
            "1D3C32C64076D2AD8B4B42824B7ADE32B02D0DB0FB1BFBF2DD70106267E727E7" },
        { new ConvNeXt(), 28_589_128, 182, "DBC9F242DBD061CFA781C1D5FA31A40B06F6AA6A793BB586C9D65DA3D15D26D0" },
        { new ConvNeXt { ThirdStageBlocks = 27 }, 50_223_688, 344, "CA3CB68150F7BC06FBF26B2FFA153CE3F85DD4A55C89BEC39AB0F65B4587944C" },
        { new VisionTransformer(), 86_567_656, 152, "5FA9B8895F3B42DEF5494EC6FE6D6D913E2671499290A974A316D14CB0227DF1" },
        // Its class of transformers, with the sizes of Ti and S.
        { new VisionTransformer { Width = 192 }, 5_717_416, 152, "3EAEB8B9C6C503ADA9E70DF03AEC82B5E21675C09A163416A820E37FEA77D73F" },
        { new VisionTransformer { Width = 384 }, 22_050_664, 152, "13C82BCF006D4CFC045D29363C03E788757A0F0623C9C231FFC995279A1FAFF5" },
    };

    [Theory]
    [MemberData(nameof(Torchvision), DisableDiscoveryEnumeration = true)]
    public void Keys_and_shapes_are_those_of_torchvision(NetworkArchitecture architecture, long parameters, int entries, string hash)
    {
        using var network = architecture.Build(1000);
        var lines = Describe(network.Body);
        Assert.Equal(parameters, network.parameters().Sum(parameter => parameter.numel()));
        Assert.Equal(entries, lines.Count);
        Assert.Equal(hash, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines)))));
    }

    [Fact]
    public void GoogLeNet_leaves_out_the_auxiliary_classifiers()
    {
        Assert.Null(new GoogLeNet().TranslateWeightKey("aux1.fc1.weight"));
        Assert.Null(new GoogLeNet().TranslateWeightKey("aux2.conv.bn.bias"));
        Assert.Equal("aux3.fc1.weight", new GoogLeNet().TranslateWeightKey("aux3.fc1.weight"));
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

    public static TheoryData<NetworkArchitecture> OfAnySize =>
    [
        new SmallCnn(), new CifarResNet { Depth = 8 }, new ResNet(), new ResNet { CifarStem = true },
        new DenseNet { GrowthRate = 4, CifarStem = true }, new GoogLeNet(), new SqueezeNet { Version = 1.1 },
        new WideResNet { Depth = 10, WidenFactor = 1 }, new ResNeXt29 { Cardinality = 2, BaseWidth = 8 },
        new MobileNetV2 { WidthMultiplier = 0.35 }, new MobileNetV2 { WidthMultiplier = 0.35, CifarStem = true },
        new ShuffleNetV2 { WidthMultiplier = 0.5 }, new ShuffleNetV2 { WidthMultiplier = 0.5, CifarStem = true },
        new MobileNetV3 { WidthMultiplier = 0.35 }, new MobileNetV3 { Size = MobileNetV3Size.Small, WidthMultiplier = 0.35 },
        new EfficientNet { WidthMultiplier = 0.25, DepthMultiplier = 0.5 },
    ];

    [Theory]
    [MemberData(nameof(OfAnySize))]
    public void Any_image_size_gives_logits(NetworkArchitecture architecture)
    {
        // Small batches end the process in some kernels of oneDNN's on some processors.
        using var kernels = (OneDnn.CanSwitch ? ComputePath.Trusted : ComputePath.Default).Enter();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var network = architecture.Build(5);
        network.eval();
        foreach (var (height, width) in new[] { (32, 32), (33, 47), (64, 64), (96, 20) })
            Assert.Equal([2L, 5L], network.call(TestNetworks.Pixels(2, new ImageShape(3, height, width))).shape);
    }

    [Theory]
    [MemberData(nameof(TestNetworks.Indices), MemberType = typeof(TestNetworks))]
    public void Every_parameter_gets_a_gradient(int index)
    {
        using var scope = NewDisposeScope();
        // Fresh weights would not do: some networks begin with a head of zeros.
        using var network = TestNetworks.BuildTrained(TestNetworks.All[index], 5);
        network.train();
        var logits = network.Run(TestNetworks.Pixels(KernelHazards.SafeBatch, network.Architecture.InputShape)).Logits;
        logits.square().sum().backward();
        Assert.All(network.named_parameters(), parameter =>
            Assert.True(parameter.parameter.grad is { } grad && grad.abs().sum().item<float>() > 0, parameter.name));
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

    /// <summary>
    /// Standard deviations that torchvision's networks begin with, and where weights are evenly distributed instead of normally.
    /// </summary>
    public static TheoryData<NetworkArchitecture, Func<nn.Module, double>, Type?> StartValues
    {
        get
        {
            return new()
            {
                { new DenseNet(), module => Math.Sqrt(2.0 / FanIn((Conv2d)module)), typeof(Linear) },
                { new GoogLeNet(), _ => 0.01, null },
                { new SqueezeNet(), module => ((Conv2d)module).out_channels == 10 ? 0.01 : Math.Sqrt(2.0 / FanIn((Conv2d)module)), null },
                { new Vgg { PoolSize = 1, HiddenUnits = 256 }, module =>
                    module is Conv2d convolution ? Math.Sqrt(2.0 / (convolution.out_channels * 9)) : 0.01, null },
                { new MobileNetV3(), module => module is Conv2d convolution ? Math.Sqrt(2.0 / FanOut(convolution)) : 0.01, null },
                // The classifier's are evenly distributed up to one through the root of the number of classes.
                { new EfficientNet(), module =>
                    module is Conv2d convolution ? Math.Sqrt(2.0 / FanOut(convolution)) : Math.Sqrt(1.0 / (3 * 10)), null },
                { new ConvNeXt { Width = 48 }, _ => 0.02, null },
            };

            static long FanOut(Conv2d convolution) =>
                convolution.out_channels * convolution.kernel_size[0] * convolution.kernel_size[1];

            static long FanIn(Conv2d convolution) => convolution.in_channels * convolution.kernel_size[0] * convolution.kernel_size[1];
        }
    }

    [Theory]
    [MemberData(nameof(StartValues), DisableDiscoveryEnumeration = true)]
    public void Start_values_are_those_of_torchvision(
        NetworkArchitecture architecture, Func<nn.Module, double> deviation, Type? leftToTorch)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        using var network = architecture.Build(10);
        foreach (var module in network.modules().Where(module => module.GetType() != leftToTorch))
        {
            var (weight, bias) = module switch { Conv2d convolution => (convolution.weight, convolution.bias), Linear linear => (linear.weight, linear.bias), _ => default };
            if (weight is null)
                continue;
            // Five standard errors of the estimate.
            var tolerance = 5 / Math.Sqrt(weight.numel());
            Assert.Equal(1.0, weight.std().item<float>() / deviation(module), tolerance);
            Assert.Equal(0.0, weight.mean().item<float>() / deviation(module), tolerance);
            Assert.True(bias is null || architecture is GoogLeNet || bias.eq(0).all().item<bool>());
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
        Assert.StartsWith(
            $"Depth must be 6n+2 (8, 14, 20, 32, 44, 56, 110, ...), but is {depth}.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ResNet_refuses_an_unknown_depth()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new ResNet { Depth = 21 });
        Assert.StartsWith("Depth must be 18, 20, 34, 50 or 101, but is 21.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(18)]
    [InlineData(20)]
    public void WideResNet_refuses_a_depth_that_is_not_6n_plus_4(int depth)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new WideResNet { Depth = depth });
        Assert.StartsWith($"Depth must be 6n+4 (10, 16, 22, 28, 34, 40, ...), but is {depth}.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ShuffleNetV2_refuses_a_width_that_was_not_published()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new ShuffleNetV2 { WidthMultiplier = 0.75 });
        Assert.StartsWith("WidthMultiplier must be 0.5, 1, 1.5 or 2, but is 0.75.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DenseNet_SqueezeNet_and_Vgg_refuse_unknown_kinds()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new DenseNet { Depth = 100 });
        Assert.StartsWith("Depth must be 121, 169 or 201, but is 100.", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<ArgumentOutOfRangeException>(() => new SqueezeNet { Version = 1.2 });
        Assert.StartsWith("Version must be 1.0 or 1.1, but is 1.2.", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<ArgumentOutOfRangeException>(() => new Vgg { Depth = 12 });
        Assert.StartsWith("Depth must be 11, 13, 16 or 19, but is 12.", error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<NetworkArchitecture, int, string> Smallest => new()
    {
        { new SmallCnn(), 8, "SmallCnn halves the resolution three times and needs images of at least 8x8" },
        { new DenseNet { GrowthRate = 4 }, 29, "DenseNet halves the resolution five times and needs images of at least 29x29" },
        { new DenseNet { GrowthRate = 4, CifarStem = true }, 8, "DenseNet halves the resolution three times and needs images of at least "
            + "8x8" },
        { new GoogLeNet(), 15, "GoogLeNet halves the resolution five times and needs images of at least 15x15" },
        { new GoogLeNet { CifarStem = true }, 2, "GoogLeNet halves the resolution two times and needs images of at least 2x2" },
        { new SqueezeNet(), 21, "SqueezeNet halves the resolution four times and needs images of at least 21x21" },
        { new SqueezeNet { Version = 1.1 }, 17, "SqueezeNet halves the resolution four times and needs images of at least 17x17" },
        { new SqueezeNet { CifarStem = true }, 8, "SqueezeNet halves the resolution three times and needs images of at least 8x8" },
        { new Vgg { Depth = 11, PoolSize = 1, HiddenUnits = 8 }, 32, "Vgg halves the resolution five times and needs images of at least "
            + "32x32" },
        { new ConvNeXt { Width = 4, ThirdStageBlocks = 1 }, 32, "ConvNeXt halves the resolution five times and needs images of at least "
            + "32x32" },
    };

    [Theory]
    [MemberData(nameof(Smallest), DisableDiscoveryEnumeration = true)]
    public void Images_that_vanish_are_refused_and_no_others(NetworkArchitecture architecture, int side, string message)
    {
        foreach (var shape in new[] { new ImageShape(3, side - 1, side), new ImageShape(3, side, side - 1) })
        {
            var error = Assert.Throws<InvalidOperationException>(() => (architecture with { InputShape = shape }).Build(2));
            Assert.Equal($"{message}, but InputShape is {shape}.", error.Message);
        }
        // Small batches end the process in some kernels of oneDNN's on some processors.
        using var kernels = (OneDnn.CanSwitch ? ComputePath.Trusted : ComputePath.Default).Enter();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var smallest = new ImageShape(3, side, side);
        using var network = (architecture with { InputShape = smallest }).Build(2);
        network.eval();
        Assert.Equal([1L, 2L], network.call(TestNetworks.Pixels(1, smallest)).shape);
        // No size is refused that the layers could do: one less, and they themselves object.
        if (side > 2)
            Assert.Throws<System.Runtime.InteropServices.ExternalException>(() =>
                network.call(TestNetworks.Pixels(1, new ImageShape(3, side, side - 1))));
    }

    [Fact]
    public void Stages_that_a_ResNet_cannot_have_are_refused()
    {
        Assert.Equal(["layer1", "layer2", "layer3"], new ResNet { StageWidths = [4, 8, 8] }.GetStages());
        Assert.StartsWith(
            "StageBlocks must have one number for each of 2 to 4 stages, but has 1.",
            Assert.Throws<ArgumentException>(() => new ResNet { StageBlocks = [2] }).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ResNet { StageWidths = [1, 2, 3, 4, 5] });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ResNet { StageWidths = [8, 0] });
        Assert.Equal(
            "StageBlocks are of 2 stages, but StageWidths of 3; give one number a stage in both.",
            Assert.Throws<InvalidOperationException>(
                () => new ResNet { StageBlocks = [1, 1], StageWidths = [8, 8, 8] }.Build(2)).Message);
    }

    [Fact]
    public void A_head_sees_the_means_of_as_many_stages_as_are_pooled()
    {
        using var scope = NewDisposeScope();
        var architecture = new ResNet { StageBlocks = [1, 1, 1], StageWidths = [4, 6, 8], CifarStem = true, InputShape = new(3, 16, 16) };
        using var last = TestNetworks.BuildTrained(architecture, 5);
        foreach (var (stages, normalized) in new[] { (1, false), (2, false), (3, false), (2, true) })
        {
            using var network = TestNetworks.BuildTrained(
                architecture with { PooledStages = stages, NormalizedFeatures = normalized }, 5);
            var output = network.Run(randint(256, [2, 3, 16, 16]), withFeatures: true);
            using var root = new RootNormalize();
            var means = output.Features.TakeLast(stages).Select(feature => feature.mean([2, 3]))
                .Select(mean => normalized ? root.call(mean) : mean);
            var head = Assert.IsType<TorchSharp.Modules.Linear>(NetworkHead.Find(network).Module);
            Assert.Equal(new[] { 4, 6, 8 }.TakeLast(stages).Sum(), head.in_features);
            Assert.True(head.call(cat([.. means], 1)).allclose(output.Logits, 1e-4, 1e-5));
            Assert.Equal(5 * (head.in_features - 8), Count(network) - Count(last));
        }

        Assert.Equal(
            "PooledStages is 4, but there are 3 stages; expected as many at most.",
            Assert.Throws<InvalidOperationException>(() => (architecture with { PooledStages = 4 }).Build(2)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => architecture with { PooledStages = 0 });

        static long Count(ImageNetwork network) => network.parameters().Sum(parameter => parameter.numel());
    }

    [Fact]
    public void Architectures_are_values_that_print_every_hyper_parameter()
    {
        Assert.Equal(new ResNet { Depth = 34 }, new ResNet() with { Depth = 34 });
        Assert.Equal("CifarResNet { InputShape = 3x32x32, Depth = 20, Width = 16, Shortcut = Projection }", new CifarResNet().ToString());
        Assert.Equal(
            "ResNet { InputShape = 3x224x224, Depth = 18, CifarStem = False, StageBlocks = , StageWidths = , NormalizedFeatures = False, "
                + "PooledStages = 1 }",
            new ResNet().ToString());
        Assert.Equal(
            "ResNet { InputShape = 3x224x224, Depth = 18, CifarStem = False, StageBlocks = [1, 2], StageWidths = [8, 16], "
                + "NormalizedFeatures = False, PooledStages = 1 }",
            new ResNet { StageBlocks = [1, 2], StageWidths = [8, 16] }.ToString());
        Assert.Equal(new ResNet { StageBlocks = [1, 2] }, new ResNet { StageBlocks = new List<int> { 1, 2 } });
        Assert.Equal("SmallCnn { InputShape = 3x32x32, Width = 16 }", new SmallCnn().ToString());
        Assert.Equal(
            "DenseNet { InputShape = 3x224x224, Depth = 121, GrowthRate = 32, CifarStem = False, Dropout = 0 }",
            new DenseNet().ToString());
        Assert.Equal("GoogLeNet { InputShape = 3x224x224, CifarStem = False, Dropout = 0.2 }", new GoogLeNet().ToString());
        Assert.Equal(
            "SqueezeNet { InputShape = 3x224x224, Version = 1.1, CifarStem = False, Dropout = 0.5 }",
            new SqueezeNet { Version = 1.1 }.ToString());
        Assert.Equal("Vgg { InputShape = 3x224x224, Depth = 16, PoolSize = 7, HiddenUnits = 4096, Dropout = 0.5 }", new Vgg().ToString());
        Assert.Equal("WideResNet { InputShape = 3x32x32, Depth = 28, WidenFactor = 10, Dropout = 0 }", new WideResNet().ToString());
        Assert.Equal("ResNeXt29 { InputShape = 3x32x32, Cardinality = 8, BaseWidth = 64 }", new ResNeXt29().ToString());
        Assert.Equal(
            "MobileNetV2 { InputShape = 3x224x224, WidthMultiplier = 1, Dropout = 0.2, CifarStem = False }", new MobileNetV2().ToString());
        Assert.Equal("ShuffleNetV2 { InputShape = 3x224x224, WidthMultiplier = 1, CifarStem = False }", new ShuffleNetV2().ToString());
        Assert.Equal(
            "MobileNetV3 { InputShape = 3x224x224, Size = Large, WidthMultiplier = 1, Dropout = 0.2 }", new MobileNetV3().ToString());
        Assert.Equal(
            "EfficientNet { InputShape = 3x224x224, WidthMultiplier = 1, DepthMultiplier = 1, Dropout = 0.2, StochasticDepth = 0.2 }",
            new EfficientNet().ToString());
        Assert.Equal(
            "ConvNeXt { InputShape = 3x224x224, Width = 96, ThirdStageBlocks = 9, StochasticDepth = 0.1 }", new ConvNeXt().ToString());
        Assert.Equal(
            "VisionTransformer { InputShape = 3x224x224, PatchSize = 16, Width = 768, HeadWidth = 64, Blocks = 12, Dropout = 0, "
                + "AttentionDropout = 0 }",
            new VisionTransformer().ToString());
    }

    private static SortedSet<string> Describe(nn.Module module) =>
        new(module.state_dict().Select(entry => $"{entry.Key} [{string.Join(',', entry.Value.shape)}]"), StringComparer.Ordinal);
}
