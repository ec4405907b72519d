using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.MLNet.Tests;

/// <summary>The networks of the package TorchVision, whose forwards call functions between their layers and work in place.</summary>
public sealed class TorchVisionTests
{
    private static readonly ImageShape _shape = new(3, 64, 64);

    public static TheoryData<string, Func<int, nn.Module<Tensor, Tensor>>> Networks => new()
    {
        { "resnet18", count => torchvision.models.resnet18(count) },
        { "vgg11", count => Narrowed(torchvision.models.vgg11(count)) },
        { "mobilenet_v2", count => torchvision.models.mobilenet_v2(count, width_mult: 0.25) },
        // The package makes it for the 1,000 classes of ImageNet only.
        { "mobilenet_v3_small", count => nn.Sequential(torchvision.models.mobilenet_v3_small(), nn.Linear(1000, count)) },
        { "googlenet", count => torchvision.models.googlenet(count, transform_input: false) },
    };

    [Theory]
    [MemberData(nameof(Networks), DisableDiscoveryEnumeration = true)]
    public void A_network_of_TorchVision_trains_saves_loads_and_scores_as_Torch_does(
        string name, Func<int, nn.Module<Tensor, Tensor>> make)
    {
        using var folder = new TemporaryFolder();
        using var model = TrainingRuns.Fit(options: TrainingRuns.Options with
        {
            Network = new FactoryNetwork(name, make, _shape),
            BatchSize = 4,
            MaxEpochs = 1,
            ValidationSetFraction = null,
        }, rows: ml => TrainingRuns.Rows(ml, 9));
        var ml = new MLContext(seed: 1);
        var rows = TrainingRuns.Rows(ml, 5);
        ml.Model.Save(model, rows.Schema, folder.File("model.zip"));
        var loaded = ml.Model.Load(folder.File("model.zip"), out _);
        using var owned = loaded as IDisposable;
        using var torch = model.WithBackend(ScoringBackend.Torch);
        foreach (var (found, expected) in Scores(loaded).Zip(Scores(torch)))
            Assert.All(found.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-4));

        List<float[]> Scores(ITransformer transformer) => [.. transformer.Transform(rows).GetColumn<float[]>("Score")];
    }

    /// <summary>With 16 in place of the 4,096 features between the layers of its head, which are nine tenths of it.</summary>
    private static nn.Module<Tensor, Tensor> Narrowed(nn.Module<Tensor, Tensor> network)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var layer in network.modules().OfType<Linear>())
        {
            var (rows, columns) = (layer.weight.shape[0], layer.weight.shape[1]);
            var (fewerRows, fewerColumns) = (rows == 4096 ? 16 : rows, columns == 4096 ? 16 : columns);
            layer.weight = nn.Parameter(layer.weight.narrow(0, 0, fewerRows).narrow(1, 0, fewerColumns).clone());
            layer.bias = nn.Parameter(layer.bias!.narrow(0, 0, fewerRows).clone());
        }

        return network;
    }
}
