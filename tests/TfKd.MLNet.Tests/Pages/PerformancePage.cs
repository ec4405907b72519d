using TorchSharp;

namespace TfKd.MLNet.Tests;

/// <summary>The program of examples/guides/performance.md.</summary>
internal static class PerformancePage
{
    public static TorchImageClassificationTrainer.Options ChooseDevice()
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            Device = torch.cuda.is_available() ? torch.CUDA : null,
        };
        return options;
    }

    public static void ScoreOnCard(TorchImageClassificationTransformer transformer)
    {
        using var onCard = transformer.WithExecution(new OnnxExecution { Provider = ExecutionProvider.Cuda });
    }
}
