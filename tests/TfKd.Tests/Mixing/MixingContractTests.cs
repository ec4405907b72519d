using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>What every mixing of the library must keep.</summary>
public sealed class MixingContractTests : IDisposable
{
    private const int Count = 7;

    private readonly DisposeScope _scope = NewDisposeScope();

    public static TheoryData<string> Names => [.. MixingCases.All.Keys];

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Every_mixing_has_a_case()
    {
        var mixings = typeof(Mixing).Assembly
            .GetTypes()
            .Where(type => type.IsSubclassOf(typeof(Mixing)) && !type.IsAbstract)
            .Select(type => type.Name);

        Assert.Equal(mixings.Order(), MixingCases.All.Values.Select(mixing => mixing.GetType().Name).Distinct().Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_mean_of_all_pixels_and_of_all_targets_and_of_all_weights_stays(string name)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            using var scope = NewDisposeScope();
            var images = MixingCases.Images(Count, ScalarType.Float64);
            var weights = tensor([0.0, 2, 1, 0, 3, 0.5, 0.5]);

            var plain = MixingCases.All[name].Apply(images, MixingCases.Labels(Count), new Random(seed));
            var weighted = MixingCases.All[name].Apply(images, MixingCases.Labels(Count, weights), new Random(seed));

            Assert.Equal(images.shape, plain.Images.shape);
            Assert.Equal(images.mean().item<double>(), plain.Images.mean().item<double>(), 1e-12);
            AssertClose(ones(Count), plain.Targets.Probabilities.sum(1));
            AssertClose(MixingCases.Labels(Count).Probabilities.mean([0]), plain.Targets.Probabilities.mean([0]));
            Assert.Null(plain.Targets.RowWeights);
            AssertClose(ones(Count), weighted.Targets.Probabilities.sum(1));
            Assert.Equal(1, weighted.Targets.RowWeights!.mean().item<double>(), 1e-12);
            // Each class has the weight of its rows.
            AssertClose(
                (MixingCases.Labels(Count).Probabilities * weights.unsqueeze(1)).sum([0]),
                (weighted.Targets.Probabilities * weighted.Targets.RowWeights!.unsqueeze(1)).sum([0]));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_generator_of_one_seed_gives_one_mixture_and_the_arguments_are_not_changed(string name)
    {
        foreach (var type in (ScalarType[])[ScalarType.Byte, ScalarType.Float32, ScalarType.Float64])
        {
            var images = MixingCases.Images(Count, type);
            var before = images.clone();
            var targets = MixingCases.Labels(Count);
            MixedBatch[] mixed = [
                .. Enumerable.Range(0, 12).Select(seed => MixingCases.All[name].Apply(images, targets, new Random(seed))),
            ];
            MixedBatch[] again = [
                .. Enumerable.Range(0, 12).Select(seed => MixingCases.All[name].Apply(images, targets, new Random(seed))),
            ];

            Assert.All(mixed.Zip(again), pair => Assert.True(AreSame(pair.First, pair.Second)));
            Assert.Contains(mixed, other => !AreSame(mixed[0], other));
            Assert.True(images.eq(before).all().item<bool>());
            Assert.NotNull(targets.Labels);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_more_tensors_are_left_than_are_returned(string name)
    {
        var images = MixingCases.Images(Count);
        var targets = MixingCases.Labels(Count, ones(Count));
        for (var seed = 0; seed < 12; seed++)
        {
            var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

            var mixed = MixingCases.All[name].Apply(images, targets, new Random(seed));

            var expected = mixed.Targets.Labels is null ? 3 : 1;
            Assert.Equal(before + expected, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        }
    }

    [Fact]
    public void Images_that_are_no_batch_are_refused()
    {
        string Refused(
            Mixing mixing,
            Tensor images) => Assert.Throws<ArgumentException>(() => mixing.Apply(images, MixingCases.Labels(3), new Random(1))).Message;

        Assert.Equal(
            "images must be Byte or floating point of shape [3,C,H,W], but is Int64 of shape [3,3,12,10]. (Parameter 'images')",
            Refused(new Mixup(), MixingCases.Images(3, ScalarType.Int64)));
        Assert.Equal(
            "images must be Byte or floating point of shape [3,C,H,W], but is Byte of shape [3,3,12]. (Parameter 'images')",
            Refused(new CutMix(), MixingCases.Images(3)[TensorIndex.Ellipsis, 0]));
    }

    private static bool AreSame(MixedBatch left, MixedBatch right) =>
        left.Images.eq(right.Images).all().item<bool>() && left.Targets.Probabilities.eq(right.Targets.Probabilities).all().item<bool>();

    private static void AssertClose(Tensor expected, Tensor actual) =>
        Assert.Equal(0, (expected.to(ScalarType.Float64) - actual.to(ScalarType.Float64)).abs().max().item<double>(), 1e-6);
}
