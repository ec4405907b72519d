namespace TfKd;

/// <summary>Gathers <see cref="ClassificationMetrics"/> row by row, in double precision and without Torch.</summary>
internal sealed class MetricsAccumulator
{
    private const int Bins = 15;

    private readonly (double Confidence, int Correct, int Count)[] _bins = new (double, int, int)[Bins];
    private int _count;
    private int _top1;
    private int _top5;
    private double _negativeLogLikelihood;

    /// <summary>Number of rows.</summary>
    public int Count => _count;

    /// <summary>Adds a row; of equal scores the earlier class ranks first.</summary>
    /// <returns>The class that ranks first, and its probability.</returns>
    /// <exception cref="ArithmeticException">
    /// A logit is NaN or infinite, or all are minus infinity; minus infinity of some classes is the probability 0.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The label is the index of no class.</exception>
    public (int Predicted, double Confidence) Add(ReadOnlySpan<float> logits, int label)
    {
        if (label < 0 || label >= logits.Length)
            throw new ArgumentOutOfRangeException(
                nameof(label), label, $"The label of row {_count} must be within [0, {logits.Length}), but is {label}.");
        var rank = 0;
        var best = 0;
        for (var k = 0; k < logits.Length; k++)
        {
            if (float.IsNaN(logits[k]))
                throw new ArithmeticException($"The network's output for class {k} of row {_count} is not a number.");
            if (float.IsPositiveInfinity(logits[k]))
                throw new ArithmeticException($"The network's output for class {k} of row {_count} is infinite.");
            if (logits[k] > logits[label] || (logits[k] == logits[label] && k < label))
                rank++;
            if (logits[k] > logits[best])
                best = k;
        }

        if (float.IsNegativeInfinity(logits[best]))
            throw new ArithmeticException($"The network's outputs for row {_count} are all minus infinity, which is no distribution.");
        var (largest, sum) = SpanSoftmax.Partition(logits);
        _negativeLogLikelihood += Math.Log(sum) - (logits[label] - largest);
        var confidence = 1 / sum;
        ref var bin = ref _bins[Math.Min((int)(confidence * Bins), Bins - 1)];
        bin = (bin.Confidence + confidence, bin.Correct + (rank == 0 ? 1 : 0), bin.Count + 1);
        _count++;
        _top1 += rank == 0 ? 1 : 0;
        _top5 += rank < 5 ? 1 : 0;
        return (best, confidence);
    }

    /// <summary>All that was gathered, as numbers that <see cref="LoadState"/> takes.</summary>
    public IEnumerable<double> ReadState() =>
        [_count, _top1, _top5, _negativeLogLikelihood, .. _bins.SelectMany(bin => new[] { bin.Confidence, bin.Correct, bin.Count })];

    /// <summary>Puts back what <see cref="ReadState"/> gave, from the front of a queue.</summary>
    public void LoadState(Queue<double> state)
    {
        (_count, _top1, _top5) = ((int)state.Dequeue(), (int)state.Dequeue(), (int)state.Dequeue());
        _negativeLogLikelihood = state.Dequeue();
        for (var i = 0; i < Bins; i++)
            _bins[i] = (state.Dequeue(), (int)state.Dequeue(), (int)state.Dequeue());
    }

    /// <summary>The bins of the expected calibration error, from low confidence to high.</summary>
    public IReadOnlyList<CalibrationBin> ToBins() =>
        [.. _bins.Select((bin, index) => new CalibrationBin(
            (double)index / Bins, (index + 1.0) / Bins, bin.Count, bin.Confidence / bin.Count, (double)bin.Correct / bin.Count))];

    public ClassificationMetrics ToMetrics() => _count == 0
        ? throw new InvalidOperationException("There are no rows to evaluate on.")
        : new(_count, (double)_top1 / _count, (double)_top5 / _count, _negativeLogLikelihood / _count,
            _bins.Sum(bin => Math.Abs(bin.Confidence - bin.Correct)) / _count);
}
