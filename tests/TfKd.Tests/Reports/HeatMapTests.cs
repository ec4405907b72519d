using SkiaSharp;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Where a network sees a class.</summary>
public sealed class HeatMapTests
{
    private static readonly ImageShape _shape = new(3, 16, 24);

    // Red on the left, blue on the right.
    private static readonly Func<int, SKColor> _halves = x => x < 12 ? new SKColor(255, 0, 0) : new SKColor(0, 0, 255);

    [Theory]
    [MemberData(nameof(TestNetworks.Indices), MemberType = typeof(TestNetworks))]
    public void Every_network_has_a_map_for_each_image_and_is_as_before(int index)
    {
        using var scope = NewDisposeScope();
        using var network = TestNetworks.BuildTrained(TestNetworks.All[index], 4);
        network.train();
        var images = TestNetworks.Pixels(2, network.Architecture.InputShape);
        var heat = GradCam.Of(network, images);
        Assert.Equal((3, 2), (heat.dim(), heat.shape[0]));
        var values = heat.data<float>().ToArray();
        Assert.All(values, value => Assert.InRange(value, 0, 1));
        // With random weights nothing may speak for a class, but not for every class.
        var highest = Enumerable.Range(0, 4).Max(label => GradCam.Of(network, images, label).max().item<float>());
        Assert.Equal(1, highest, 1e-5);
        Assert.True(network.training);
        Assert.All(network.parameters(), parameter => Assert.Null(parameter.grad));
    }

    [Fact]
    public void Behind_a_pooling_it_is_the_map_weighted_by_the_heads_weights()
    {
        using var scope = NewDisposeScope();
        using var network = TestNetworks.BuildTrained(new CifarResNet { Depth = 8 }, 11);
        var images = TestNetworks.Pixels(3, network.Architecture.InputShape);
        using (no_grad())
        {
            var maps = network.Run(images, withFeatures: true).Features![^1];
            var weights = ((Linear)NetworkHead.Find(network).Module).weight[4];
            var expected = (maps * weights.view(1, -1, 1, 1)).sum(1).relu();
            expected /= expected.amax([1, 2], keepdim: true).clamp_min(float.Epsilon);
            Assert.InRange((expected - GradCam.Of(network, images, 4)).abs().max().item<float>(), 0, 1e-4);
        }
    }

    [Fact]
    public void No_tensor_is_left()
    {
        using var network = TestNetworks.BuildTrained(new ResNet { StageBlocks = [1, 1], StageWidths = [8, 12] }, 11);
        using var images = TestNetworks.Pixels(2, new ImageShape(3, 64, 64));
        GradCam.Of(network, images).Dispose();
        var before = LiveTensors.Settle();
        GradCam.Of(network, images).Dispose();
        Assert.Equal(before, LiveTensors.Settle());
    }

    [Fact]
    public void A_class_is_seen_where_its_colour_is()
    {
        using var scope = NewDisposeScope();
        using var network = Colours().Build(2);
        var image = tensor(Enumerable.Range(0, _shape.ByteCount).Select(i => (i / 384, i % 24) switch
        {
            (0, < 12) or (2, >= 12) => (byte)255,
            _ => (byte)0,
        }).ToArray()).view(1, 3, 16, 24);
        var (red, blue) = (GradCam.Of(network, image, 0)[0], GradCam.Of(network, image, 1)[0]);
        Assert.True(red.narrow(1, 0, 12).eq(1).all().item<bool>());
        Assert.True(red.narrow(1, 12, 12).eq(0).all().item<bool>());
        Assert.True(blue.eq(1 - red).all().item<bool>());
    }

    [Fact]
    public void A_report_has_the_heat_of_what_was_predicted()
    {
        using var network = Colours().Build(2);
        // One row of more red than blue, and one of more blue than red.
        using var rows = new DecodedCache(_shape, ["red", "blue"]);
        foreach (var row in (int[])[0, 1])
        {
            var pixels = new byte[_shape.ByteCount];
            for (var i = 0; i < pixels.Length; i++)
                pixels[i] = (i / 384, i % 24) is (0, < 12) or (2, >= 12) ? (byte)(i / 384 == 2 * row ? 255 : 200) : (byte)0;
            rows.Add(pixels, row);
        }

        var pictures = HeatMap.OfRows(network, rows, [(1, null), (0, null)])!;
        Assert.Equal([0, 1], pictures.Keys.Order());
        Assert.Equal((true, false), (IsHot(0, 2), IsHot(0, 20)));
        Assert.Equal((false, true), (IsHot(1, 2), IsHot(1, 20)));

        bool IsHot(int row, int x)
        {
            using var picture = SKBitmap.Decode(Convert.FromBase64String(pictures[row].Split(',')[1]));
            Assert.Equal((24, 16), (picture.Width, picture.Height));
            var colour = picture.GetPixel(x, 8);
            return colour.Red > 2 * colour.Green;
        }
    }

    [Fact]
    public void The_picture_is_the_photo_under_the_heat()
    {
        using var network = Colours().Build(2);
        var path = Path.Combine(Path.GetTempPath(), $"{Path.GetRandomFileName()}.png");
        try
        {
            HeatMap.Save(path, network, Photo(), classIndex: 0);
            using var picture = SKBitmap.Decode(path);
            Assert.Equal((24 * 16, 256), (picture.Width, picture.Height));
            // The strongest heat is red, on the grey of red; where there is none, the grey of blue stays.
            Assert.Equal(new SKColor(201, 23, 23), picture.GetPixel(2, 128));
            Assert.Equal(new SKColor(29, 29, 29), picture.GetPixel(380, 128));
            HeatMap.Save(path, network, Photo(), classIndex: 1);
            using var other = SKBitmap.Decode(path);
            Assert.Equal(new SKColor(76, 76, 76), other.GetPixel(2, 128));
            Assert.Equal(new SKColor(187, 9, 9), other.GetPixel(380, 128));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void What_has_no_map_is_refused()
    {
        using var network = new FactoryNetwork("plain", _ => nn.Sequential(nn.Flatten(), nn.Linear(1152, 2)), _shape).Build(2);
        Assert.EndsWith(
            "names no stages, so there are no maps to look at; override GetStages.",
            Assert.Throws<InvalidOperationException>(() => HeatMap.Save("x.png", network, Photo())).Message,
            StringComparison.Ordinal);
        Assert.Null(HeatMap.OfRows(network, PatternSource.Create(2), [(0, null)]));
        using var colours = Colours().Build(2);
        Assert.StartsWith(
            "classIndex must be within [0, 2), but is 2.",
            Assert.Throws<ArgumentOutOfRangeException>(() => HeatMap.Save("x.png", colours, Photo(), 2)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ImageDecodingException>(() => HeatMap.Save("x.png", colours, [1, 2, 3]));
        Assert.False(File.Exists("x.png"));
    }

    // The first class is red, the second blue: a map of each colour, and its mean.
    private static FactoryNetwork Colours() => new(
        "colours",
        _ =>
        {
            var (maps, head) = (nn.Conv2d(3, 2, 1, bias: false), nn.Linear(2, 2, hasBias: false));
            using var noGradients = no_grad();
            maps.weight.copy_(tensor(new[] { 1f, 0, 0, 0, 0, 1 }).view(2, 3, 1, 1));
            head.weight.copy_(eye(2));
            return nn.Sequential(("maps", maps), ("relu", nn.ReLU(inplace: true)), ("pool", nn.AdaptiveAvgPool2d(1)),
                ("flatten", nn.Flatten()), ("head", head));
        },
        _shape)
    {
        Stages = ["maps"],
    };

    private static byte[] Photo()
    {
        using var bitmap = new SKBitmap(new SKImageInfo(24, 16, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (var place = 0; place < 24 * 16; place++)
            bitmap.SetPixel(place % 24, place / 24, _halves(place % 24));
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
