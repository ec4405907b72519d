using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Measures a network on the rows of a source.</summary>
public static class Evaluator
{
    /// <summary>
    /// Runs the network in evaluation mode over all rows, and leaves it in the mode it was in. It computes by the kernels that
    /// <see cref="KernelCheck"/> finds right in float32; within a run that the network is trained in, by the run's, where they were checked
    /// for these batches.
    /// </summary>
    /// <param name="network">The network, on its device.</param>
    /// <param name="source">Rows with the network's classes.</param>
    /// <param name="batchSize">Rows a forward pass. Default 128.</param>
    /// <param name="temperature">
    /// What the logits are divided by, above 0, such as that of a <see cref="TemperatureCalibration"/> on other rows. Default 1.
    /// </param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is not above 0.</exception>
    /// <example><code>
    /// var metrics = Evaluator.Evaluate(network, validation);
    /// Console.WriteLine($"{metrics.Top1:P1}, log-loss {metrics.NegativeLogLikelihood:F3}");
    /// </code></example>
    public static ClassificationMetrics Evaluate(
        ImageNetwork network, IImageSource source, int batchSize = 128, double temperature = 1,
        CancellationToken cancellationToken = default)
    {
        Require.Positive(temperature, nameof(temperature));
        var metrics = new MetricsAccumulator();
        foreach (var (logits, label) in Answers(network, source, batchSize, features: null, cancellationToken))
            metrics.Add(TemperatureCalibration.Soften(logits, temperature), label);
        return metrics.ToMetrics();
    }

    /// <summary>
    /// What a classifier does that rejects rows whose highest probability is below a threshold; otherwise as
    /// <see cref="Evaluate(ImageNetwork, IImageSource, int, double, CancellationToken)"/>.
    /// </summary>
    /// <param name="network">The network, on its device.</param>
    /// <param name="source">Rows with the network's classes.</param>
    /// <param name="threshold">The threshold, from 0 to 1.</param>
    /// <param name="temperature">What the logits are divided by. Default 1.</param>
    /// <param name="batchSize">Rows a forward pass. Default 128.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="InvalidOperationException">There are no rows.</exception>
    public static SelectiveMetrics EvaluateSelective(
        ImageNetwork network, IImageSource source, double threshold, double temperature = 1, int batchSize = 128,
        CancellationToken cancellationToken = default)
    {
        Require.Fraction(threshold, nameof(threshold));
        Require.Positive(temperature, nameof(temperature));
        return EvaluateSelective(Answers(network, source, batchSize, features: null, cancellationToken), threshold, temperature);
    }

    /// <summary>
    /// What a network does on rows that may have several labels (<see cref="Targets.Several"/>), with a sigmoid a class; otherwise as
    /// <see cref="Evaluate(ImageNetwork, IImageSource, int, double, CancellationToken)"/>.
    /// </summary>
    /// <param name="network">The network, on its device.</param>
    /// <param name="source">Rows with the network's classes.</param>
    /// <param name="thresholds">The probability of each class from which on it counts as predicted. Default null: 0.5.</param>
    /// <param name="batchSize">Rows a forward pass. Default 128.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="ArgumentException">The rows have one label each, or there is another number of thresholds.</exception>
    /// <exception cref="InvalidOperationException">There are no rows.</exception>
    /// <example><code>
    /// var metrics = Evaluator.EvaluateLabels(network, validation);
    /// Console.WriteLine($"{metrics.MeanAveragePrecision:P1}, F1 {metrics.MicroF1:P1}");
    /// </code></example>
    public static MultiLabelMetrics EvaluateLabels(
        ImageNetwork network, IImageSource source, IReadOnlyList<double>? thresholds = null, int batchSize = 128,
        CancellationToken cancellationToken = default) =>
        LabelScores(network, source, batchSize, features: null, cancellationToken).ToMetrics(source.ClassNames, thresholds);

    /// <summary>The same from logits and labels.</summary>
    internal static SelectiveMetrics EvaluateSelective(
        IEnumerable<(float[] Logits, int Label)> rows, double threshold, double temperature)
    {
        var metrics = new MetricsAccumulator();
        var samples = rows.Select(row =>
        {
            var (best, confidence) = metrics.Add(TemperatureCalibration.Soften(row.Logits, temperature), row.Label);
            return (confidence, best == row.Label);
        });
        var selective = SelectiveMetrics.Of(samples, threshold);
        return selective.Count > 0 ? selective : throw new InvalidOperationException("There are no rows to evaluate on.");
    }

    /// <summary>The same, from features of the rows where they are at hand.</summary>
    internal static ClassificationMetrics Evaluate(
        ImageNetwork network, IImageSource source, int batchSize, FrozenFeatures? features, CancellationToken cancellationToken) =>
        Gather(network, source, batchSize, features, cancellationToken).ToMetrics();

    /// <summary>The same, not divided by the number of rows yet.</summary>
    internal static MetricsAccumulator Gather(
        ImageNetwork network, IImageSource source, int batchSize, FrozenFeatures? features, CancellationToken cancellationToken)
    {
        var metrics = new MetricsAccumulator();
        foreach (var (logits, label) in Answers(network, source, batchSize, features, cancellationToken))
            metrics.Add(logits, label);
        return metrics;
    }

    /// <summary>The logits and the label of each row, in the order of the source.</summary>
    internal static IEnumerable<(float[] Logits, int Label)> Answers(
        ImageNetwork network, IImageSource source, int batchSize, FrozenFeatures? features, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(source);
        var loader = new BatchLoader(source, batchSize);
        var path = network.PathFor(source.Shape, loader.BatchSizes);
        using var mode = new EvaluationMode(network);
        foreach (var batch in loader.ReadInOrder(cancellationToken))
        {
            using (batch)
            {
                var values = Answer(network, batch, path.Of(batch.RowIds.Count), features);
                var labels = batch.Labels.data<long>().ToArray();
                for (var row = 0; row < labels.Length; row++)
                    yield return (values[(row * network.ClassCount)..((row + 1) * network.ClassCount)], (int)labels[row]);
            }
        }
    }

    /// <summary>The same of rows that may have several labels.</summary>
    internal static MultiLabelScores LabelScores(
        ImageNetwork network, IImageSource source, int batchSize, FrozenFeatures? features, CancellationToken cancellationToken)
    {
        var scores = new MultiLabelScores(network.ClassCount);
        var row = 0;
        foreach (var (logits, label) in Answers(network, source, batchSize, features, cancellationToken))
        {
            if (label != Targets.Several)
                throw new ArgumentException($"Row {row} has one label; expected rows that may have several.", nameof(source));
            scores.AddLogits(logits, LabelSets.Of(source, row++));
        }

        return scores;
    }

    // What is switched on for a batch must be off again before a row is handed out.
    private static float[] Answer(ImageNetwork network, LoadedBatch batch, ComputePath path, FrozenFeatures? features)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var kernels = path.Enter();
        var answer = features is null
            ? network.Predict(path.Arrange(DeviceCopy.To(batch.Images, network.Device)))
            : features.Classify(network, batch.RowIds);
        return answer.to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
    }
}
