namespace TfKd.Tests;

/// <summary>
/// The objectives once more, in plain double arithmetic: from the definitions, with every distribution written out and no closed form.
/// </summary>
internal static class ObjectiveOracle
{
    public static double Value(Objective objective, LogitBatch batch) => objective switch
    {
        CrossEntropy => Mean(batch, i => H(OneHot(batch, i), Softmax(batch.Student[i], 1))),
        LabelSmoothing o => Mean(batch, i => H(Smooth(OneHot(batch, i), o), Softmax(batch.Student[i], 1))),
        SoftTargetKl o => Mean(
            batch, i => Kl(Softmax(batch.Teacher[i], o.Temperature), Softmax(batch.Student[i], o.SoftenStudent ? o.Temperature : 1)))
            / (o.Reduction == KlReduction.PerElement ? batch.Classes : 1),
        KnowledgeDistillation o => (1 - o.Alpha) * Value(new CrossEntropy(), batch) + o.Alpha * KdFactor(o, batch.Classes)
            * Mean(batch, i => Kl(Softmax(batch.Teacher[i], o.Temperature), Softmax(batch.Student[i], o.Temperature))),
        TfKdRegularization { Form: TfKdForm.Paper } o => (1 - o.Alpha) * Value(new CrossEntropy(), batch) + o.Alpha
            * Mean(batch, i => Kl(Power(Virtual(batch, i, o), 1 / o.Temperature), Softmax(batch.Student[i], o.Temperature))),
        TfKdRegularization o => (1 - o.Alpha) * Value(new CrossEntropy(), batch) + o.Alpha * o.Multiplier / batch.Classes
            * Mean(batch, i => Kl(Softmax(Virtual(batch, i, o), o.Temperature), Softmax(batch.Student[i], 1))),
        ConfidencePenalty => Mean(batch, i => -H(Softmax(batch.Student[i], 1), Softmax(batch.Student[i], 1))),
        MaxSuppression => Mean(batch, i => batch.Student[i].Max() - batch.Student[i].Average()),
        FocalLoss o => Mean(batch, i => -Math.Pow(1 - Correct(batch, i), o.Gamma) * Math.Log(Correct(batch, i))),
        PolyLoss o => Mean(batch, i => -Math.Log(Correct(batch, i)) + o.Epsilon * (1 - Correct(batch, i))),
        LabelRelaxation o => Mean(
            batch, i => Correct(batch, i) >= 1 - o.Alpha ? 0 : Kl([1 - o.Alpha, o.Alpha], [Correct(batch, i), 1 - Correct(batch, i)])),
        DecoupledKd o => o.Temperature * o.Temperature * Mean(
            batch, i => o.Alpha * Kl(Pair(batch.Teacher, batch, i, o.Temperature), Pair(batch.Student, batch, i, o.Temperature))
            + o.Beta * Kl(
                Softmax(Others(batch.Teacher, batch, i), o.Temperature), Softmax(Others(batch.Student, batch, i), o.Temperature))),
        NormalizedKd o => Mean(
            batch,
            i => -Softmax(batch.Teacher[i], 1)[batch.Labels[i]] * Math.Log(Correct(batch, i)) + o.Gamma * o.Temperature * o.Temperature
            * H(Softmax(Others(batch.Teacher, batch, i), o.Temperature), Softmax(Others(batch.Student, batch, i), o.Temperature))),
        Dist o => (o.Form == DistForm.ReferenceCode ? o.Temperature * o.Temperature : 1)
            * (o.Beta * Unrelated(Softened(batch.Student, o.Temperature), Softened(batch.Teacher, o.Temperature))
            + o.Gamma * Unrelated(Transposed(Softened(batch.Student, o.Temperature)), Transposed(Softened(batch.Teacher, o.Temperature)))),
        WeightedSoftLabelKd o => o.Temperature * o.Temperature * Mean(
            batch, i => SoftLabelWeight(batch, i) * H(Softmax(batch.Teacher[i], o.Temperature), Softmax(batch.Student[i], o.Temperature))),
        LogitStandardization o => Value(
            o.Inner, batch with { Student = [.. batch.Student.Select(Standardized)], Teacher = [.. batch.Teacher.Select(Standardized)] }),
        Ramped o => (o.From + (o.To - o.From) / (o.Epochs ?? 1)) * Value(o.Inner, batch),
        // In the first epoch, which is all that logits alone can be in.
        OnlineLabelSmoothing o => Mean(
            batch, i => (1 - o.Alpha) * -Math.Log(Correct(batch, i)) - o.Alpha * Softmax(batch.Student[i], 1).Average(Math.Log)),
        ClassWiseSelfKd o => Value(new CrossEntropy(), batch)
            + o.Weight * o.Temperature * o.Temperature * Mean(
                batch, i => Kl(Softmax(batch.Teacher[i], o.Temperature), Softmax(batch.Student[i], o.Temperature))),
        HardTargetCrossEntropy => Enumerable.Range(0, batch.Rows).Average(
            row => -Math.Log(Softmax(batch.Student[row], 1)[Array.IndexOf(batch.Teacher[row], batch.Teacher[row].Max())])),
        MultiLevelKd o => o.Temperatures.Sum(t => o.InstanceWeight * t * t * Value(new SoftTargetKl { Temperature = t }, batch)
            + o.BatchWeight / batch.Rows * Apart(Softened(batch.Student, t), Softened(batch.Teacher, t))
            + o.ClassWeight / batch.Classes * Apart(Transposed(Softened(batch.Student, t)), Transposed(Softened(batch.Teacher, t)))),
        // Before the first step.
        CurriculumTemperatureKd o => o.TeacherTemperature * o.TeacherTemperature
            * Value(new SoftTargetKl { Temperature = o.LowestTemperature + o.TemperatureRange / (1 + Math.Exp(-1)) }, batch),
        BinaryCrossEntropy o => Mean(batch, i => Enumerable.Range(0, batch.Classes).Average(k => Yes(batch, i, k, o.Smoothing) switch
        {
            var yes => H([(o.PositiveWeights?[k] ?? 1) * yes, 1 - yes], Softmax([batch.Student[i][k], 0], 1)),
        })),
        BinaryKd o => o.Temperature * o.Temperature * Mean(batch, i => batch.Teacher[i].Zip(
            batch.Student[i], (t, s) => Kl(Softmax([t, 0], o.Temperature), Softmax([s, 0], o.Temperature))).Average()),
        WeightedSum o => o.Terms.Sum(term => term.Weight * Value(term.Objective, batch)),
        _ => throw new NotSupportedException($"The oracle does not know {objective}."),
    };

    public static double[] Softmax(double[] logits, double temperature)
    {
        var largest = logits.Max();
        return Normalized(logits.Select(z => Math.Exp((z - largest) / temperature)));
    }

    /// <summary>What a row of <see cref="WeightedSoftLabelKd"/> counts.</summary>
    public static double SoftLabelWeight(LogitBatch batch, int i) =>
        1 - Math.Exp(Math.Log(Correct(batch, i)) / (1e-7 - Math.Log(Softmax(batch.Teacher[i], 1)[batch.Labels[i]])));

    // The squared differences of all products of two vectors of the one and of the other.
    private static double Apart(double[][] ours, double[][] theirs) => (
        from i in Enumerable.Range(0, ours.Length)
        from j in Enumerable.Range(0, ours.Length)
        select Math.Pow(Product(ours[i], ours[j]) - Product(theirs[i], theirs[j]), 2)).Sum();

    private static double Product(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double Mean(LogitBatch batch, Func<int, double> row) => Enumerable.Range(0, batch.Rows).Average(row);

    private static double[] Normalized(IEnumerable<double> values)
    {
        var array = values.ToArray();
        var sum = array.Sum();
        return [.. array.Select(value => value / sum)];
    }

    private static double Correct(LogitBatch batch, int i) => Softmax(batch.Student[i], 1)[batch.Labels[i]];

    private static double[] Others(double[][] logits, LogitBatch batch, int i) => [.. logits[i].Where((_, k) => k != batch.Labels[i])];

    /// <summary>The probability of the row's class and that of all others, as a sum: the difference from 1 is 0 too soon.</summary>
    private static double[] Pair(double[][] logits, LogitBatch batch, int i, double temperature)
    {
        var p = Softmax(logits[i], temperature);
        return [p[batch.Labels[i]], p.Where((_, k) => k != batch.Labels[i]).Sum()];
    }

    private static double[][] Softened(double[][] logits, double temperature) => [.. logits.Select(row => Softmax(row, temperature))];

    private static double[][] Transposed(double[][] rows) =>
        [.. Enumerable.Range(0, rows[0].Length).Select(k => rows.Select(row => row[k]).ToArray())];

    private static double Unrelated(double[][] left, double[][] right) => left.Zip(right, (a, b) => 1 - Pearson(a, b)).Average();

    private static double Pearson(double[] a, double[] b)
    {
        var (left, right) = (a.Select(value => value - a.Average()).ToArray(), b.Select(value => value - b.Average()).ToArray());
        var scale = Math.Sqrt(left.Sum(value => value * value)) * Math.Sqrt(right.Sum(value => value * value));
        return scale == 0 ? 0 : left.Zip(right, (x, y) => x * y).Sum() / scale;
    }

    private static double[] Standardized(double[] logits)
    {
        var mean = logits.Average();
        var deviation = Math.Sqrt(logits.Sum(z => (z - mean) * (z - mean)) / (logits.Length - 1));
        return [.. logits.Select(z => (z - mean) / (deviation + 1e-7))];
    }

    private static double[] OneHot(LogitBatch batch, int i) =>
        [.. Enumerable.Range(0, batch.Classes).Select(k => k == batch.Labels[i] ? 1.0 : 0.0)];

    private static double Yes(LogitBatch batch, int i, int k, double smoothing) =>
        (1 - smoothing) * (k == batch.Labels[i] ? 1 : 0) + smoothing / 2;

    private static double[] Smooth(double[] q, LabelSmoothing o) => o.Convention == SmoothingConvention.Uniform
        ? [.. q.Select(p => (1 - o.Smoothing) * p + o.Smoothing / q.Length)]
        : [.. q.Select(p => p == 1 ? 1 - o.Smoothing : o.Smoothing / (q.Length - 1))];

    private static double[] Virtual(LogitBatch batch, int i, TfKdRegularization o) =>
        [.. OneHot(batch, i).Select(p => p == 1 ? o.CorrectProbability : (1 - o.CorrectProbability) / (batch.Classes - 1))];

    private static double[] Power(double[] p, double exponent) => Normalized(p.Select(value => Math.Pow(value, exponent)));

    private static double H(double[] p, double[] q) => -p.Zip(q, (a, b) => a == 0 ? 0 : a * Math.Log(b)).Sum();

    private static double Kl(double[] p, double[] q) => p.Zip(q, (a, b) => a == 0 ? 0 : a * Math.Log(a / b)).Sum();

    private static double KdFactor(KnowledgeDistillation o, int classes) => o.Form switch
    {
        KdForm.Hinton => Math.Pow(o.Temperature, 2),
        KdForm.Paper => 1,
        _ => Math.Pow(o.Temperature, 2) * o.Multiplier / classes,
    };
}
