namespace TfKd;

/// <summary>
/// What a network made of each row of a source, and what follows from it: confusions, figures of each class, calibration.
/// </summary>
public sealed class ClassificationReport
{
    private readonly int[][] _confusion;

    /// <param name="classNames">The classes, in the order of the label indices.</param>
    /// <param name="answers">Logits and label of each row.</param>
    internal ClassificationReport(IReadOnlyList<string> classNames, IEnumerable<(float[] Logits, int Label)> answers)
    {
        var (metrics, labels, predicted, confidences) = (new MetricsAccumulator(), new List<int>(), new List<int>(), new List<double>());
        _confusion = [.. classNames.Select(_ => new int[classNames.Count])];
        foreach (var (logits, label) in answers)
        {
            var (best, confidence) = metrics.Add(logits, label);
            labels.Add(label);
            predicted.Add(best);
            confidences.Add(confidence);
            _confusion[label][best]++;
        }

        (ClassNames, Labels, Predicted, Confidences) = (classNames, labels, predicted, confidences);
        (Metrics, Calibration) = (metrics.ToMetrics(), metrics.ToBins());
        Classes = [.. classNames.Select((name, k) =>
            new ClassFigures(name, _confusion[k].Sum(), _confusion.Sum(row => row[k]), _confusion[k][k]))];
        Mistakes = [.. Enumerable.Range(0, labels.Count)
            .Where(row => predicted[row] != labels[row])
            .OrderByDescending(row => confidences[row])];
    }

    /// <summary>Runs the network in evaluation mode over all rows, and leaves it in the mode it was in.</summary>
    /// <param name="network">The network, on its device.</param>
    /// <param name="source">Rows with the network's classes.</param>
    /// <param name="batchSize">Rows a forward pass. Default 128.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="InvalidOperationException">There are no rows, or they have another number of classes than the network.</exception>
    /// <example><code>
    /// var report = ClassificationReport.Of(network, validation);
    /// Console.WriteLine($"{report.Metrics.Top1:P1}, and {report.Selective(0.8).Coverage:P1} have a score of 0.8 or more.");
    /// </code></example>
    public static ClassificationReport Of(
        ImageNetwork network, IImageSource source, int batchSize = 128, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(source);
        if (source.ClassNames.Count != network.ClassCount)
        {
            throw new InvalidOperationException(
                $"The rows must have as many classes as the network, {network.ClassCount}, but have {source.ClassNames.Count}.");
        }

        return new(source.ClassNames, Evaluator.Answers(network, source, batchSize, features: null, cancellationToken));
    }

    /// <summary>The classes, in the order of the label indices.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The class of each row.</summary>
    public IReadOnlyList<int> Labels { get; }

    /// <summary>The most probable class of each row; of equally probable ones the first.</summary>
    public IReadOnlyList<int> Predicted { get; }

    /// <summary>The probability of that class.</summary>
    public IReadOnlyList<double> Confidences { get; }

    /// <summary>Accuracy, likelihood and calibration over all rows.</summary>
    public ClassificationMetrics Metrics { get; }

    /// <summary>The 15 bins of the expected calibration error, from low confidence to high.</summary>
    public IReadOnlyList<CalibrationBin> Calibration { get; }

    /// <summary>The figures of each class, in the order of the label indices.</summary>
    public IReadOnlyList<ClassFigures> Classes { get; }

    /// <summary>The rows that were put into a wrong class, those of the highest confidence first.</summary>
    public IReadOnlyList<int> Mistakes { get; }

    /// <summary>What would be, if rows were rejected whose highest probability is below a threshold, from 0 to 1.</summary>
    public SelectiveMetrics Selective(double threshold)
    {
        Require.Fraction(threshold, nameof(threshold));
        return SelectiveMetrics.Of(Confidences.Select((confidence, row) => (confidence, Predicted[row] == Labels[row])), threshold);
    }

    /// <summary>Number of rows of a class that were put into a class.</summary>
    public int Confusions(int label, int predicted) => _confusion[label][predicted];
}
