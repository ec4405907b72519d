using Microsoft.ML;
using TorchSharp;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of examples/guides/networks.md.</summary>
internal static class NetworksPage
{
    public static TorchImageClassificationTrainer.Options BringAModule()
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            Network = new FactoryNetwork(
                "mine",
                classCount => torch.nn.Sequential(
                    torch.nn.Conv2d(3, 16, 3, padding: 1),
                    torch.nn.ReLU(),
                    torch.nn.AdaptiveAvgPool2d(1),
                    torch.nn.Flatten(),
                    torch.nn.Linear(16, classCount)),
                new ImageShape(3, 64, 64)),
        };
        return options;
    }

    public static TorchImageClassificationTrainer.Options ScoreByTorch(NetworkArchitecture network)
    {
        var options = new TorchImageClassificationTrainer.Options { Network = network, ScoringBackend = ScoringBackend.Torch };
        return options;
    }

    public static TorchImageClassificationTransformer LoadForTorch(MLContext ml, NetworkArchitecture network)
    {
        var loaded = (TorchImageClassificationTransformer)ml.Model.Load("model.zip", out _);
        var classifier = loaded.WithNetwork(network);
        return classifier;
    }
}
