namespace TfKd.MLNet;

/// <summary>A trained network in the numbers that it will score with, and what it then answers.</summary>
/// <param name="Numbers">The numbers.</param>
/// <param name="Report">What became of the scores; null for float32.</param>
/// <param name="Answers">Logits and labels of the validation rows; null for float32, or where there are none.</param>
internal sealed record NumberedNetwork(
    OnnxNumbers Numbers, QuantizationReport? Report, IReadOnlyList<(float[] Logits, int Label)>? Answers)
{
    /// <summary>The same where rows may have several labels; null for float32, or where there are none.</summary>
    public MultiLabelScores? LabelScores { get; private init; }

    private const string Validation = "Validation";
    private const string Training = "Training";

    /// <summary>The network in float32.</summary>
    public static NumberedNetwork Float32 { get; } = new(OnnxNumbers.Float32, null, null);

    /// <summary>Tries whether the network can be written in the numbers, by a single row.</summary>
    /// <exception cref="NotSupportedException">It cannot.</exception>
    public static void Check(ImageNetwork network, ScoreSettings settings, TrainingData data)
    {
        if (settings.Weights != OnnxWeights.Float32)
            NetworkExport.ToLogits(network, NumbersOf(network, settings, new SourceSubset(data.Training, [0]), CancellationToken.None));
    }

    /// <summary>Measures ranges on training rows where they are needed, and scores on validation rows.</summary>
    /// <param name="network">The trained network.</param>
    /// <param name="known">The ranges that it was trained with; null: they are measured.</param>
    /// <param name="settings">The numbers.</param>
    /// <param name="data">The rows.</param>
    /// <param name="token">Stops between batches.</param>
    public static NumberedNetwork Make(
        ImageNetwork network, OnnxCalibration? known, ScoreSettings settings, TrainingData data, CancellationToken token)
    {
        if (settings.Weights == OnnxWeights.Float32)
            return Float32;
        var numbers = known is null
            ? NumbersOf(network, settings, data.Training, token)
            : new OnnxNumbers(settings.Weights, known, settings.ReduceRange);
        var rows = data.Validation ?? OnnxCalibration.Choose(SourceSubset.OfLabelled(data.Training));
        var plain = NetworkExport.ToLogits(network, OnnxNumbers.Float32);
        var other = NetworkExport.ToLogits(network, numbers);
        var before = LogitScorer.Answers(plain, rows, settings.BatchSize, token);
        var after = LogitScorer.Answers(other, rows, settings.BatchSize, token);
        var report = new QuantizationReport
        {
            Weights = settings.Weights,
            ReduceRange = numbers.ReduceRange,
            CalibrationImages = numbers.Calibration?.ImageCount ?? 0,
            Split = data.Validation is null ? Training : Validation,
            Agreement = Agreement(before, after, LabelSets.AreIn(rows)),
            BytesBefore = plain.Length,
            BytesAfter = other.Length,
        };
        report = WithMetrics(report, before, after, rows);
        if (data.Validation is null)
            return new(numbers, report, null);
        return LabelSets.AreIn(rows)
            ? new(numbers, report, null) { LabelScores = ScoresOf(after, rows) }
            : new(numbers, report, after);
    }

    private static QuantizationReport WithMetrics(
        QuantizationReport report, List<(float[] Logits, int Label)> before, List<(float[] Logits, int Label)> after, IImageSource rows) =>
        LabelSets.AreIn(rows)
            ? report with
            {
                LabelsBefore = ScoresOf(before, rows).ToMetrics(rows.ClassNames, thresholds: null),
                LabelsAfter = ScoresOf(after, rows).ToMetrics(rows.ClassNames, thresholds: null),
            }
            : report with { Before = TemperatureCalibration.Measure(before, 1), After = TemperatureCalibration.Measure(after, 1) };

    // Of labels, or of yes and no a class.
    private static double Agreement(
        List<(float[] Logits, int Label)> before, List<(float[] Logits, int Label)> after, bool areSeveral)
    {
        var pairs = before.Zip(after, (one, other) => (One: one.Logits, Other: other.Logits));
        return areSeveral
            ? pairs.SelectMany(pair => pair.One.Zip(pair.Other)).Average(z => z.First >= 0 == z.Second >= 0 ? 1.0 : 0)
            : pairs.Average(pair => SpanSoftmax.ArgMax(pair.One) == SpanSoftmax.ArgMax(pair.Other) ? 1.0 : 0);
    }

    private static MultiLabelScores ScoresOf(List<(float[] Logits, int Label)> answers, IImageSource rows)
    {
        var scores = new MultiLabelScores(rows.ClassNames.Count);
        for (var row = 0; row < answers.Count; row++)
            scores.AddLogits(answers[row].Logits, LabelSets.Of(rows, row));
        return scores;
    }

    private static OnnxNumbers NumbersOf(ImageNetwork network, ScoreSettings settings, IImageSource rows, CancellationToken token) =>
        settings.Weights == OnnxWeights.Int8
            ? new(settings.Weights, network.Calibrate(rows, token), settings.ReduceRange)
            : new(settings.Weights);
}
