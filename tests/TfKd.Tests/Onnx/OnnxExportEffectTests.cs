using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Tests;

[CollectionDefinition(nameof(OnnxExportEffectTests), DisableParallelization = true)]
public sealed class DrawsFromGlobalGenerator;

// Alone, since every thread draws from Torch's one global generator.
[Collection(nameof(OnnxExportEffectTests))]
public sealed class OnnxExportEffectTests
{
    [Fact]
    public void Export_is_deterministic_and_leaves_network_and_random_numbers_as_they_were()
    {
        using var network = TestNetworks.BuildTrained(new CifarResNet { Depth = 8 }, 3);
        network.train();
        var frozen = network.modules().OfType<BatchNorm2d>().First();
        frozen.eval();
        var before = network.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.cpu().contiguous().bytes.ToArray());
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var options = new OnnxExportOptions { InputShape = network.Architecture.InputShape };

        random.manual_seed(1);
        var first = OnnxExporter.Export(network, options);
        using var drawn = rand(1);
        random.manual_seed(1);
        using var expected = rand(1);

        Assert.Equal(first, OnnxExporter.Export(network, options));
        Assert.Equal(expected.item<float>(), drawn.item<float>());
        Assert.All(network.modules(), module => Assert.Equal(!ReferenceEquals(module, frozen), module.training));
        Assert.True(network.training);
        Assert.All(network.state_dict(), entry => Assert.Equal(before[entry.Key], entry.Value.bytes.ToArray()));
        Assert.Equal(live + 2, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
