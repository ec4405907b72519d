namespace TfKd.MLNet.Tests;

/// <summary>The program of examples/guides/options.md.</summary>
internal static class OptionsPage
{
    public static TorchImageClassificationTrainer.Options Change()
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            Network = new CifarResNet { Depth = 20 },
            Objective = new LabelSmoothing { Smoothing = 0.1 },
            MaxEpochs = 60,
        };
        var shorter = options with { MaxEpochs = 20 };
        return shorter;
    }
}
