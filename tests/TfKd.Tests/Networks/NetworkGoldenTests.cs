using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>
/// Logits of torchvision's own networks, with weights and an image that the same formula gives here and in Golden/networks.py.
/// </summary>
public sealed class NetworkGoldenTests
{
    private const int Classes = 10;

    // The image's place among the keys of weights: behind all of them.
    private const uint ImagePlace = 1000;

    private static readonly Dictionary<string, NetworkArchitecture> _networks = new()
    {
        ["mobilenet_v3_large"] = new MobileNetV3 { InputShape = Square(64) },
        ["mobilenet_v3_small"] = new MobileNetV3 { Size = MobileNetV3Size.Small, InputShape = Square(64) },
        ["mobilenet_v3_small width 0.75"] =
            new MobileNetV3 { Size = MobileNetV3Size.Small, WidthMultiplier = 0.75, InputShape = Square(64) },
        ["efficientnet_b0"] = new EfficientNet { InputShape = Square(64) },
        ["efficientnet_b2"] = new EfficientNet { WidthMultiplier = 1.1, DepthMultiplier = 1.2, InputShape = Square(64) },
        ["convnext_tiny"] = new ConvNeXt { InputShape = Square(64) },
        ["convnext width 16, 4 blocks"] = new ConvNeXt { Width = 16, ThirdStageBlocks = 4, InputShape = Square(64) },
        ["vit_ti_16 at 96"] = new VisionTransformer { Width = 192, InputShape = Square(96) },
        ["vit patch 8, width 32, 2 heads, 3 blocks at 32"] =
            new VisionTransformer { PatchSize = 8, Width = 32, HeadWidth = 16, Blocks = 3, InputShape = Square(32) },
    };

    public static TheoryData<string> Names => [.. _networks.Keys];

    [Fact]
    public void Every_golden_network_is_tested() => Assert.Equal(Golden().Keys.Order(), _networks.Keys.Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void Network_gives_the_logits_of_torchvision(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var network = _networks[name].Build(Classes);
        network.to(ScalarType.Float64);
        network.eval();
        foreach (var (entry, place) in network.Body.state_dict().OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select((entry, place) => (entry, (uint)place)))
        {
            if (!entry.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal))
                entry.Value.copy_(Values(entry.Key, entry.Value, place));
        }

        var shape = network.Architecture.InputShape;
        var image = Numbers(shape.ByteCount, ImagePlace).view(1, shape.Channels, shape.Height, shape.Width);
        var actual = network.Body.call(image).data<double>().ToArray();
        var expected = Golden()[name];

        Assert.Equal(Classes, expected.Length);
        var largest = expected.Max(Math.Abs);
        // So that they tell one network from another.
        Assert.InRange(expected.Max() - expected.Min(), 0.01, 1000);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First / largest, pair.Second / largest, 1e-9));
    }

    private static ImageShape Square(int side) => new(3, side, side);

    private static Tensor Values(string key, Tensor weights, uint place)
    {
        var numbers = Numbers(weights.numel(), place).view(weights.shape);
        return (key[(key.LastIndexOf('.') + 1)..], weights.dim()) switch
        {
            ("running_var", _) => 1 + 0.5 * numbers,
            ("bias" or "in_proj_bias" or "running_mean", _) => 0.1 * numbers,
            ("layer_scale", _) => 0.5 + 0.3 * numbers,
            (_, 1) => 1 + 0.3 * numbers,
            _ when weights.shape[0] == 1 => 0.5 * numbers,
            _ => numbers * Math.Sqrt(6.0 / (weights.numel() / weights.shape[0])),
        };
    }

    /// <summary>Within [-1, 1), from the place in the tensor and the place of its key among all keys in ordinal order.</summary>
    private static Tensor Numbers(long count, uint place)
    {
        var numbers = new double[count];
        for (var i = 0; i < numbers.Length; i++)
        {
            var hash = unchecked((uint)i * 2654435761 + place * 2246822519 + 374761393);
            hash ^= hash >> 15;
            hash = unchecked(hash * 2246822519);
            hash ^= hash >> 13;
            hash = unchecked(hash * 3266489917);
            hash ^= hash >> 16;
            numbers[i] = hash / 2147483648.0 - 1;
        }

        return tensor(numbers);
    }

    private static Dictionary<string, double[]> Golden()
    {
        using var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Golden", "networks.json"));
        return JsonSerializer.Deserialize<Dictionary<string, double[]>>(file)!;
    }
}
