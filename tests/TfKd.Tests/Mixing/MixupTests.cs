using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class MixupTests : IDisposable
{
    private const int Count = 6;

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(ScalarType.Byte)]
    [InlineData(ScalarType.Float64)]
    public void Pixels_and_targets_are_mixed_by_one_share_with_a_permutation_of_the_batch(ScalarType type)
    {
        var images = MixingCases.Images(Count, type);
        var targets = MixingCases.Labels(Count);

        var mixed = new Mixup { Alpha = 1 }.Apply(images, targets, new Random(4));

        // The same numbers again.
        var random = new Random(4);
        var order = Enumerable.Range(0, Count).Select(row => (long)row).ToArray();
        random.Shuffle(order);
        var share = BetaDistribution.Draw(random, 1);
        Assert.InRange(share, 0.05, 0.95);
        Assert.Equal(type == ScalarType.Byte ? ScalarType.Float32 : type, mixed.Images.dtype);
        Assert.Null(mixed.Targets.Labels);
        for (var row = 0; row < Count; row++)
        {
            var partner = (int)order[row];
            var pixels = mixed.Images[row].to(ScalarType.Float64);
            Assert.Equal(share * (row + 1) + (1 - share) * (partner + 1), pixels.min().item<double>(), 1e-6);
            Assert.Equal(pixels.min().item<double>(), pixels.max().item<double>());
            for (var k = 0; k < MixingCases.Classes; k++)
            {
                var expected = (row % MixingCases.Classes == k ? share : 0) + (partner % MixingCases.Classes == k ? 1 - share : 0);
                Assert.Equal(expected, mixed.Targets.Probabilities[row, k].item<float>(), 1e-6);
            }
        }
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.2)]
    [InlineData(1)]
    [InlineData(4)]
    public void Shares_have_the_mean_and_the_deviation_of_the_beta_distribution(double alpha)
    {
        // The variance of Beta(a, a) is 1 / (8 a + 4).
        const int Draws = 20000;
        var random = new Random(1);
        var shares = Enumerable.Range(0, Draws).Select(_ => BetaDistribution.Draw(random, alpha)).ToArray();
        var deviation = Math.Sqrt(1 / (8 * alpha + 4));

        Assert.All(shares, share => Assert.InRange(share, 0, 1));
        Assert.Equal(0.5, shares.Average(), 5 * deviation / Math.Sqrt(Draws));
        Assert.Equal(deviation, Math.Sqrt(shares.Average(share => (share - 0.5) * (share - 0.5))), 0.01);
        if (alpha == 1)
            Assert.Equal(0.25, shares.Count(share => share < 0.25) / (double)Draws, 0.016);
    }

    [Fact]
    public void A_tiny_alpha_mixes_nothing_and_stays_a_number()
    {
        var random = new Random(2);

        Assert.All(Enumerable.Range(0, 100).Select(_ =>
            BetaDistribution.Draw(random, 1e-6)), share => Assert.True(share is < 1e-6 or > 1 - 1e-6));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Cross_entropy_is_the_mixture_of_the_two_rows_weighted_cross_entropies(bool isWeighted)
    {
        double[] values = [1.5, 0, 2, 0.25, 0, 2.25];
        var weights = isWeighted ? tensor(values) : null;
        var logits = tensor(
            Enumerable.Range(0, Count * MixingCases.Classes).Select(i => Math.Sin(i * i)).ToArray(), [Count, MixingCases.Classes]);
        var teacher = tensor(
            Enumerable.Range(0, Count * MixingCases.Classes).Select(i => Math.Cos(3 * i)).ToArray(), [Count, MixingCases.Classes]);
        var (labels, partnerLabels, share, partners) = Drawn();

        var mixed = new Mixup { Alpha = 1 }.Apply(MixingCases.Images(Count), MixingCases.Labels(Count, weights), new Random(4)).Targets;

        var own = weights ?? ones(Count, ScalarType.Float64);
        var expected = (share * Rows(labels) * own + (1 - share) * Rows(partnerLabels) * own.index_select(0, partners))
            .mean()
            .item<double>();
        Assert.Equal(expected, Value(new CrossEntropy(), out _), 1e-6);
        // Of the teacher's term the weight is the mixture of the weights.
        var distillation = new KnowledgeDistillation { Alpha = 0.3, Temperature = 2 };
        var total = Value(distillation, out var terms);
        Assert.Equal(expected, terms["cross_entropy"], 1e-6);
        var ofMixture = share * own + (1 - share) * own.index_select(0, partners);
        var divergence = (Divergences.Kl(Divergences.LogSoftmax(teacher, 2), Divergences.LogSoftmax(logits, 2)) * ofMixture)
            .mean()
            .item<double>();
        Assert.Equal(0.7 * expected + 0.3 * 4 * divergence, total, 1e-6);

        Tensor Rows(Tensor classes) => nn.functional.cross_entropy(logits, classes, reduction: nn.Reduction.None);

        double Value(Objective objective, out IReadOnlyDictionary<string, double> terms)
        {
            using var log = new LossLog();
            var value = objective
                .Compute(new ObjectiveInput(
                    new NetworkOutput(logits), mixed, new TeacherSignal(teacher), new TrainingProgress(0, 1, 0), log))
                .item<double>();
            terms = log.Means;
            return value;
        }
    }

    [Fact]
    public void Two_rows_that_do_not_count_make_a_mixture_that_does_not_count()
    {
        var mixed = new Mixup { Alpha = 1 }.Apply(
            MixingCases.Images(Count), MixingCases.Labels(Count, zeros(Count)), new Random(4)).Targets;

        Assert.True(mixed.RowWeights!.eq(0).all().item<bool>());
        Assert.True((mixed.Probabilities.sum(1) - 1).abs().lt(1e-6).all().item<bool>());
    }

    [Fact]
    public void Bad_values_are_refused()
    {
        Assert.StartsWith(
            "Alpha must be above 0 and finite, but is 0.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new Mixup { Alpha = 0 }).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "Alpha must be above 0 and finite, but is NaN.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new CutMix { Alpha = double.NaN }).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "Probability must be within [0, 1], but is 1.1.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new CutMix { Probability = 1.1 }).Message,
            StringComparison.Ordinal);
    }

    private static (Tensor Labels, Tensor PartnerLabels, double Share, Tensor Partners) Drawn()
    {
        var random = new Random(4);
        var order = Enumerable.Range(0, Count).Select(row => (long)row).ToArray();
        random.Shuffle(order);
        var labels = arange(Count, ScalarType.Int64).remainder(MixingCases.Classes);
        var partners = tensor(order);
        return (labels, labels.index_select(0, partners), BetaDistribution.Draw(random, 1), partners);
    }
}
