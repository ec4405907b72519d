using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>The epoch in which <see cref="LinearProbe"/> fits the head.</summary>
/// <param name="probe">How it is fitted.</param>
/// <param name="network">The network; its head is changed.</param>
/// <param name="source">The training rows.</param>
/// <param name="rowWeights">The weight of each row; null where all weigh the same.</param>
internal sealed class HeadFit(LinearProbe probe, ImageNetwork network, IImageSource source, float[]? rowWeights)
{
    /// <summary>How much the rows that have a label count beside those that have not, one number a class; null: as much.</summary>
    public double[]? PositiveWeights { get; init; }

    /// <summary>Answers for the rows without a label, which count with what it says; null: all have one.</summary>
    public Teacher? Teacher { get; init; }

    /// <summary>Fits the head, and puts it into the network.</summary>
    /// <param name="known">The features of the rows, where they are at hand.</param>
    /// <param name="batchSize">Rows a pass.</param>
    /// <param name="token">Stops between batches.</param>
    /// <returns>What came out, on the training rows.</returns>
    /// <exception cref="InvalidOperationException">The network's head is no Linear on features, or the features are too many.</exception>
    public HeadFitResult Run(FrozenFeatures? known, int batchSize, CancellationToken token)
    {
        var head = HeadOf(network);
        var (features, mirrored) = (known, (FrozenFeatures?)null);
        try
        {
            features ??= Compute(batchSize, mirrored: false, token);
            if (probe.MirroredImages != false)
                mirrored = Compute(batchSize, mirrored: true, token);
            using var scope = NewDisposeScope();
            var targets = new ProbeTargets(source, network, Teacher).Compute(batchSize, token);
            var rows = new ProbeRows(features.Values.cpu(), mirrored?.Values.cpu(), targets, Weights(), LabelSets.AreIn(source))
            {
                PositiveWeights = PositiveWeights is null ? null : tensor(PositiveWeights),
                Labelled = tensor(Enumerable.Range(0, source.Count)
                    .Select(row => source.GetLabel(row) == Targets.Unlabelled ? 0.0 : 1).ToArray()),
            };
            var choice = Choose(rows, token);
            var (weight, bias) = Fit(rows, choice, token);
            using (no_grad())
            {
                head.weight.copy_(weight);
                head.bias!.copy_(bias);
            }

            return Measure(rows, weight, bias, choice);
        }
        finally
        {
            mirrored?.Dispose();
            if (known is null)
                features?.Dispose();
        }
    }

    /// <summary>The layer that is fitted.</summary>
    private static Linear HeadOf(ImageNetwork network) =>
        network.Body is IFeatureBody && NetworkHead.TryFind(network)?.Module is Linear { bias: not null } head
            ? head
            : throw new InvalidOperationException(
                $"{nameof(LinearProbe)} needs a network whose body is an {nameof(IFeatureBody)} and whose head is a Linear with a bias, " +
                $"but {network.Architecture} is none; leave {nameof(LinearProbe)} out.");

    /// <summary>Finds out, by one forward pass over a black image, that the head sees the features as they are.</summary>
    /// <exception cref="InvalidOperationException">The network's head is no Linear on a vector of features.</exception>
    public static void RequireHead(ImageNetwork network)
    {
        var head = HeadOf(network);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var mode = new EvaluationMode(network);
        // Before any check of kernels.
        using var kernels = ComputePath.Unchecked.Enter();
        var features = network.Extract(FeatureProbe.Black(network.Device, 1, network.Architecture.InputShape));
        if (features.dim() != 2)
            throw new InvalidOperationException(
                $"{nameof(LinearProbe)} needs one vector of features an image, but those of {network.Architecture} have the shape " +
                $"{Require.ShapeText(features)}; leave {nameof(LinearProbe)} out.");
        // Those of a black image may be all 0, of which other layers make 0, too.
        var others = arange(features.shape[1], ScalarType.Float32, network.Device).sin().unsqueeze(0);
        if (features.shape[1] != head.in_features || !network.Classify(others).allclose(head.call(others)))
            throw new InvalidOperationException(
                $"{nameof(LinearProbe)} fits the head to the features, but that of {network.Architecture} sees what other layers make of " +
                $"them; leave {nameof(LinearProbe)} out.");
    }

    private FrozenFeatures Compute(int batchSize, bool mirrored, CancellationToken token) =>
        FrozenFeatures.Compute(network, source, batchSize, token, orientation: new(false, false, mirrored))
            ?? throw new InvalidOperationException(
                $"The features of {source.Count} rows take more than {FrozenFeatures.MaxBytes >> 20} MiB, and {nameof(LinearProbe)} " +
                "needs them in memory; leave it out.");

    private Tensor Weights() => rowWeights is null
        ? ones(source.Count, ScalarType.Float64)
        : tensor(rowWeights).to(ScalarType.Float64);

    private ProbeChoice Choose(ProbeRows rows, CancellationToken token)
    {
        bool[] mirroring = probe.MirroredImages is { } known ? [known] : [false, true];
        if (mirroring.Length == 1 && probe.Strengths.Count == 1)
            return new(probe.Strengths[0], mirroring[0], double.NaN, double.NaN);
        var folds = rows.DivideByTurns(probe.Folds);
        // One row a class: there is nothing to choose by, and the strongest is the most careful.
        if (folds.Count == 0)
            return new(Descending()[0], mirroring[0], double.NaN, double.NaN);
        return mirroring.SelectMany(withMirrored => CrossValidate(rows, folds, withMirrored, token)).MinBy(choice => choice.Loss)!;
    }

    private List<ProbeChoice> CrossValidate(
        ProbeRows rows, IReadOnlyList<(Tensor Learnt, Tensor Held)> folds, bool withMirrored, CancellationToken token)
    {
        var strengths = Descending();
        var (losses, correct) = (new double[strengths.Count], new double[strengths.Count]);
        foreach (var (learnt, held) in folds)
        {
            using var regression = rows.Regression(learnt, withMirrored);
            var parameters = regression.Start;
            for (var i = 0; i < strengths.Count; i++)
            {
                token.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                parameters = regression.Fit(strengths[i], parameters);
                var (weight, bias) = regression.Layer(parameters);
                var (loss, right) = rows.Score(held, weight, bias);
                losses[i] += loss;
                correct[i] += right;
            }
        }

        return
        [
            .. strengths.Select((strength, i) =>
                new ProbeChoice(strength, withMirrored, losses[i] / rows.TotalWeight, correct[i] / rows.LabelledWeight)),
        ];
    }

    // From strong to weak, each fit begins where the one before ended.
    private List<double> Descending() => [.. probe.Strengths.Distinct().OrderDescending()];

    private (Tensor Weight, Tensor Bias) Fit(ProbeRows rows, ProbeChoice choice, CancellationToken token)
    {
        using var regression = rows.Regression(rows.All, choice.WithMirrored);
        var parameters = regression.Start;
        foreach (var strength in Descending().TakeWhile(strength => strength >= choice.Strength))
        {
            token.ThrowIfCancellationRequested();
            parameters = regression.Fit(strength, parameters);
        }

        return regression.Layer(parameters);
    }

    private static HeadFitResult Measure(ProbeRows rows, Tensor weight, Tensor bias, ProbeChoice choice)
    {
        var (loss, right) = rows.Score(rows.All, weight, bias);
        return new(choice, loss / rows.TotalWeight, right / rows.LabelledWeight)
        {
            AnsweredRows = rows.UnlabelledCount,
        };
    }
}
