namespace TfKd.MLNet;

/// <summary>A trained network in the numbers that it will score with, and what it then answers.</summary>
/// <param name="Numbers">The numbers.</param>
/// <param name="Report">What became of the scores; null for float32.</param>
/// <param name="Answers">Logits and labels of the validation rows; null for float32, or where there are none.</param>
internal sealed record NumberedNetwork(
    OnnxNumbers Numbers, QuantizationReport? Report, IReadOnlyList<(float[] Logits, int Label)>? Answers)
{
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
            Before = TemperatureCalibration.Measure(before, 1),
            After = TemperatureCalibration.Measure(after, 1),
            Agreement = before.Zip(after).Count(pair => IsAgreed(pair.First.Logits, pair.Second.Logits)) / (double)before.Count,
            BytesBefore = plain.Length,
            BytesAfter = other.Length,
        };
        return new(numbers, report, data.Validation is null ? null : after);
    }

    private static OnnxNumbers NumbersOf(ImageNetwork network, ScoreSettings settings, IImageSource rows, CancellationToken token) =>
        settings.Weights == OnnxWeights.Int8
            ? new(settings.Weights, network.Calibrate(rows, token), settings.ReduceRange)
            : new(settings.Weights);

    private static bool IsAgreed(float[] before, float[] after) => SpanSoftmax.ArgMax(before) == SpanSoftmax.ArgMax(after);
}
