using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class BatchNormFoldingTests
{
    public static TheoryData<NetworkArchitecture, int> Networks => new()
    {
        // Norms that are left: those that do not stand behind a convolution.
        { new CifarResNet { Depth = 8 }, 0 },
        { new MobileNetV2 { WidthMultiplier = 0.35, InputShape = new ImageShape(3, 64, 64) }, 0 },
        { new ShuffleNetV2 { WidthMultiplier = 0.5, InputShape = new ImageShape(3, 64, 64) }, 0 },
        { new WideResNet { Depth = 10, WidenFactor = 1, InputShape = new ImageShape(3, 16, 16) }, 4 },
    };

    [Theory]
    [MemberData(nameof(Networks), DisableDiscoveryEnumeration = true)]
    public void Folded_network_gives_the_same_scores(NetworkArchitecture architecture, int normsLeft)
    {
        using var scope = NewDisposeScope();
        using var network = TestNetworks.BuildTrained(architecture, 11);
        var images = TestNetworks.Pixels(7, architecture.InputShape);
        var folded = GraphFile.Write(network, architecture.InputShape, BatchNormFolding.Apply);
        var (expected, actual) = (Score(GraphFile.Write(network, architecture.InputShape, _ => { })), Score(folded));
        var scale = Math.Max(1, expected.abs().max().item<double>());
        Assert.InRange((expected - actual).abs().max().item<double>() / scale, 0, 1e-5);
        Assert.Equal(normsLeft, OnnxModel.Read(folded).Nodes.Count(node => node.Operation == "BatchNormalization"));

        Tensor Score(byte[] model)
        {
            using var session = OnnxRun.Open(model);
            return OnnxRun.Score(session, images);
        }
    }

    [Fact]
    public void Convolution_that_something_else_reads_keeps_its_norm()
    {
        using var module = new Shared();
        var file = GraphFile.Write(module, new ImageShape(3, 8, 8), BatchNormFolding.Apply);
        Assert.Equal(1, OnnxModel.Read(file).Nodes.Count(node => node.Operation == "BatchNormalization"));
    }

    private sealed class Shared : nn.Module<Tensor, Tensor>
    {
        private readonly Normalize normalize = new(3);
        private readonly TorchSharp.Modules.Conv2d conv = nn.Conv2d(3, 4, 1);
        private readonly TorchSharp.Modules.BatchNorm2d norm = nn.BatchNorm2d(4);
        private readonly Add add = new();

        public Shared() : base(nameof(Shared)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            var x = conv.call(normalize.call(input));
            return add.call(x, norm.call(x));
        }
    }
}
