namespace TfKd.Tests.Objectives;

/// <summary>The objectives once more, in plain double arithmetic: from the definitions, with every distribution written out and no closed form.</summary>
internal static class ObjectiveOracle
{
    public static double Value(Objective objective, LogitBatch batch) => objective switch
    {
        CrossEntropy => Mean(batch, i => H(OneHot(batch, i), Softmax(batch.Student[i], 1))),
        LabelSmoothing o => Mean(batch, i => H(Smooth(OneHot(batch, i), o), Softmax(batch.Student[i], 1))),
        SoftTargetKl o => Mean(batch, i => Kl(Softmax(batch.Teacher[i], o.Temperature), Softmax(batch.Student[i], o.SoftenStudent ? o.Temperature : 1)))
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
        LabelRelaxation o => Mean(batch, i => Correct(batch, i) >= 1 - o.Alpha ? 0 : Kl([1 - o.Alpha, o.Alpha], [Correct(batch, i), 1 - Correct(batch, i)])),
        WeightedSum o => o.Terms.Sum(term => term.Weight * Value(term.Objective, batch)),
        _ => throw new NotSupportedException($"The oracle does not know {objective}."),
    };

    public static double[] Softmax(double[] logits, double temperature)
    {
        var largest = logits.Max();
        return Normalized(logits.Select(z => Math.Exp((z - largest) / temperature)));
    }

    private static double Mean(LogitBatch batch, Func<int, double> row) => Enumerable.Range(0, batch.Rows).Average(row);

    private static double[] Normalized(IEnumerable<double> values)
    {
        var array = values.ToArray();
        var sum = array.Sum();
        return [.. array.Select(value => value / sum)];
    }

    private static double Correct(LogitBatch batch, int i) => Softmax(batch.Student[i], 1)[batch.Labels[i]];

    private static double[] OneHot(LogitBatch batch, int i) => [.. Enumerable.Range(0, batch.Classes).Select(k => k == batch.Labels[i] ? 1.0 : 0.0)];

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
