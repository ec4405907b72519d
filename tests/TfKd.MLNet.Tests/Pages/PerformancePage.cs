using Microsoft.ML;
using Microsoft.ML.Data;
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

    public static TransformerChain<ITransformer> OfChain(MLContext ml)
    {
        var loaded = (TransformerChain<ITransformer>)ml.Model.Load("model.zip", out _);
        var chain = new TransformerChain<ITransformer>([.. loaded.Select(step => step is TorchImageClassificationTransformer classifier
            ? classifier.WithExecution(new OnnxExecution { Threads = 2 })
            : step)]);
        return chain;
    }
}
