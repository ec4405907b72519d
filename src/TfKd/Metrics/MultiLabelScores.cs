namespace TfKd;

/// <summary>What was said of samples that may have several labels, and what they have; in double precision and without Torch.</summary>
/// <param name="classCount">Number of classes K.</param>
internal sealed class MultiLabelScores(int classCount)
{
    // As near to 0 and 1 as float32 probabilities tell.
    private const double LeastProbability = 1e-7;

    private const int Bins = 15;

    private readonly List<(double[] Order, double[] Probabilities, bool[] Has, double Loss)> _rows = [];

    /// <summary>Number of samples.</summary>
    public int Count => _rows.Count;

    /// <summary>What samples that were added by their logits have.</summary>
    public IEnumerable<(double[] Logits, bool[] Has)> Logits => _rows.Select(row => (row.Order, row.Has));

    /// <summary>The probabilities of samples, and what they have.</summary>
    public IEnumerable<(double[] Probabilities, bool[] Has)> Probabilities => _rows.Select(row => (row.Probabilities, row.Has));

    /// <summary>The same of logits that are divided by a temperature.</summary>
    public MultiLabelScores Soften(double temperature)
    {
        var softer = new MultiLabelScores(classCount);
        foreach (var (logits, has) in Logits)
            softer.AddLogits(Array.ConvertAll(logits, z => (float)(z / temperature)), has);
        return softer;
    }

    /// <summary>Adds a sample by its logits.</summary>
    /// <exception cref="ArithmeticException">A logit is NaN or infinite.</exception>
    public void AddLogits(ReadOnlySpan<float> logits, IReadOnlyList<int> labels) => AddLogits(logits, HasOf(labels));

    private void AddLogits(ReadOnlySpan<float> logits, bool[] has)
    {
        var (order, probabilities, loss) = (new double[classCount], new double[classCount], 0.0);
        for (var k = 0; k < classCount; k++)
        {
            double z = logits[k];
            if (!double.IsFinite(z))
                throw new ArithmeticException($"The network's output for class {k} of row {Count} is {z}; expected a finite number.");
            (order[k], probabilities[k]) = (z, 1 / (1 + Math.Exp(-z)));
            loss += Math.Log(1 + Math.Exp(-Math.Abs(z))) + Math.Max(has[k] ? -z : z, 0);
        }

        _rows.Add((order, probabilities, has, loss));
    }

    /// <summary>Adds a sample by its probabilities.</summary>
    /// <exception cref="ArithmeticException">One is not within [0, 1].</exception>
    public void AddProbabilities(ReadOnlySpan<float> scores, IReadOnlyList<int> labels)
    {
        var (probabilities, has, loss) = (new double[classCount], HasOf(labels), 0.0);
        for (var k = 0; k < classCount; k++)
        {
            double p = scores[k];
            if (!(p is >= 0 and <= 1))
                throw new ArithmeticException($"The score of class {k} of row {Count} is {p}; expected a probability, within [0, 1].");
            probabilities[k] = p;
            loss -= Math.Log(Math.Max(has[k] ? p : 1 - p, LeastProbability));
        }

        _rows.Add((probabilities, probabilities, has, loss));
    }

    /// <summary>
    /// The threshold of each class with the highest F1 on these samples: halfway between the lowest probability that is predicted and the
    /// highest that is not, of equally good ones that nearest to one half; one half for a class that no sample has.
    /// </summary>
    public double[] BestThresholds() => [.. Enumerable.Range(0, classCount).Select(BestThreshold)];

    /// <exception cref="InvalidOperationException">There are no samples.</exception>
    /// <exception cref="ArgumentException">There is not one threshold a class.</exception>
    public MultiLabelMetrics ToMetrics(IReadOnlyList<string> classNames, IReadOnlyList<double>? thresholds)
    {
        if (Count == 0)
            throw new InvalidOperationException("There are no rows to evaluate on.");
        if (thresholds is not null && thresholds.Count != classCount)
            throw new ArgumentException($"There must be one threshold a class, {classCount}, but there are {thresholds.Count}.",
                nameof(thresholds));
        var limits = thresholds ?? [.. Enumerable.Repeat(0.5, classCount)];
        var counts = Enumerable.Range(0, classCount).Select(k => CountClass(k, limits[k])).ToArray();
        var classes = counts.Select((count, k) => count.ToFigures(classNames[k], limits[k], AveragePrecision(k))).ToArray();
        var all = counts.Aggregate((sum, one) => sum + one);
        return new(
            Count,
            Mean(classes.Select(one => one.AveragePrecision)),
            all.F1,
            Mean(classes.Select(one => one.F1)),
            _rows.Count(row => Enumerable.Range(0, classCount).All(k => row.Probabilities[k] >= limits[k] == row.Has[k])) / (double)Count,
            (double)(all.FalsePositives + all.FalseNegatives) / ((long)Count * classCount),
            _rows.Sum(row => row.Loss) / ((long)Count * classCount),
            CalibrationError(),
            classes);
    }

    private static double Mean(IEnumerable<double> values) =>
        values.Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Average();

    private bool[] HasOf(IReadOnlyList<int> labels)
    {
        var has = new bool[classCount];
        foreach (var label in labels)
            has[label] = true;
        return has;
    }

    private ClassCounts CountClass(int k, double threshold)
    {
        var (right, wrong, missed) = (0L, 0L, 0L);
        foreach (var row in _rows)
        {
            var isPredicted = row.Probabilities[k] >= threshold;
            right += isPredicted && row.Has[k] ? 1 : 0;
            wrong += isPredicted && !row.Has[k] ? 1 : 0;
            missed += !isPredicted && row.Has[k] ? 1 : 0;
        }

        return new(right, wrong, missed);
    }

    /// <summary>How many samples have each score or more, and how many of them have the class: from the highest score down.</summary>
    private IEnumerable<(double Lowest, double Next, int Predicted, int Right)> Descend(int k, Func<int, double> scoreOf)
    {
        var order = Enumerable.Range(0, Count).OrderByDescending(scoreOf).ToArray();
        var right = 0;
        for (var i = 0; i < order.Length; i++)
        {
            right += _rows[order[i]].Has[k] ? 1 : 0;
            var next = i + 1 < order.Length ? scoreOf(order[i + 1]) : double.NegativeInfinity;
            // Samples of one score are predicted together.
            if (next < scoreOf(order[i]))
                yield return (scoreOf(order[i]), next, i + 1, right);
        }
    }

    private double AveragePrecision(int k)
    {
        var positives = _rows.Count(row => row.Has[k]);
        var (sum, before) = (0.0, 0);
        foreach (var (_, _, predicted, right) in Descend(k, i => _rows[i].Order[k]))
        {
            sum += (double)right / predicted * (right - before);
            before = right;
        }

        return positives == 0 ? double.NaN : sum / positives;
    }

    private double BestThreshold(int k)
    {
        var positives = _rows.Count(row => row.Has[k]);
        if (positives == 0)
            return 0.5;
        var (best, threshold) = (-1.0, 0.5);
        foreach (var (lowest, next, predicted, right) in Descend(k, i => _rows[i].Probabilities[k]))
        {
            var f1 = 2.0 * right / (predicted + positives);
            var between = (lowest + Math.Max(next, 0)) / 2;
            if (f1 > best || (f1 == best && Math.Abs(between - 0.5) < Math.Abs(threshold - 0.5)))
                (best, threshold) = (f1, between);
        }

        return threshold;
    }

    /// <summary>The classes of samples by the probability of yes: its mean, and the fraction that is so, of 15 equal ranges.</summary>
    public IReadOnlyList<CalibrationBin> ToBins()
    {
        var bins = new (int Count, double Probability, int There)[Bins];
        foreach (var row in _rows)
        {
            for (var k = 0; k < classCount; k++)
            {
                ref var bin = ref bins[Math.Min((int)(row.Probabilities[k] * Bins), Bins - 1)];
                bin = (bin.Count + 1, bin.Probability + row.Probabilities[k], bin.There + (row.Has[k] ? 1 : 0));
            }
        }

        return [.. bins.Select((bin, i) => new CalibrationBin(
            (double)i / Bins, (i + 1.0) / Bins, bin.Count, bin.Probability / bin.Count, (double)bin.There / bin.Count))];
    }

    private double CalibrationError() => ToBins().Where(bin => bin.Count > 0)
        .Sum(bin => bin.Count * Math.Abs(bin.Confidence - bin.Accuracy)) / ((long)Count * classCount);

    private readonly record struct ClassCounts(long TruePositives, long FalsePositives, long FalseNegatives)
    {
        // Of nothing it is no number.
        public double F1 => 2.0 * TruePositives / (2 * TruePositives + FalsePositives + FalseNegatives);

        public static ClassCounts operator +(ClassCounts left, ClassCounts right) => new(
            left.TruePositives + right.TruePositives,
            left.FalsePositives + right.FalsePositives,
            left.FalseNegatives + right.FalseNegatives);

        public MultiLabelClassMetrics ToFigures(string name, double threshold, double averagePrecision) => new(
            name,
            (int)(TruePositives + FalseNegatives),
            threshold,
            averagePrecision,
            (double)TruePositives / (TruePositives + FalsePositives),
            (double)TruePositives / (TruePositives + FalseNegatives),
            F1);
    }
}
