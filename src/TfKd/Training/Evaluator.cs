using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Measures a network on the rows of a source.</summary>
public static class Evaluator
{
    /// <summary>Runs the network in evaluation mode over all rows, and leaves it in the mode it was in.</summary>
    /// <param name="network">The network, on its device and in its layout.</param>
    /// <param name="source">Rows with the network's classes.</param>
    /// <param name="batchSize">Rows a forward pass. Default 128.</param>
    /// <param name="path">The layout and kernels to compute with. Default null: found by <see cref="KernelCheck"/>.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    public static ClassificationMetrics Evaluate(ImageNetwork network, IImageSource source, int batchSize = 128, ComputePath? path = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(source);
        var loader = new BatchLoader(source, batchSize);
        var metrics = new MetricsAccumulator();
        var device = network.parameters().First().device;
        path ??= network.CheckKernels(source.Shape, loader.BatchSizes)?.Path ?? ComputePath.Default;
        var wasTraining = network.training;
        network.eval();
        try
        {
            foreach (var batch in loader.ReadInOrder(cancellationToken))
            {
                using (batch)
                using (NewDisposeScope())
                using (inference_mode())
                using (path.Enter())
                {
                    var logits = network.Run(path.Arrange(batch.Images.to(device))).Logits.to(ScalarType.Float32).cpu().contiguous();
                    var values = logits.data<float>().ToArray();
                    var labels = batch.Labels.data<long>().ToArray();
                    for (var row = 0; row < labels.Length; row++)
                        metrics.Add(values.AsSpan(row * network.ClassCount, network.ClassCount), (int)labels[row]);
                }
            }
        }
        finally
        {
            network.train(wasTraining);
        }

        return metrics.ToMetrics();
    }
}
