using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>What <see cref="Mixing.Apply"/> does for the authors of mixings: it disposes what they leave, and nothing else.</summary>
public sealed class MixingTemplateTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void What_a_careless_mixing_leaves_is_disposed()
    {
        var (images, targets) = (MixingCases.Images(4), MixingCases.Labels(4));
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        var mixed = Apply((given, its) =>
            new((given.to(ScalarType.Float32) + given.flip(0)) / 2, Targets.FromProbabilities(
                (its.Probabilities + its.Probabilities.flip(0)) / 2)), images, targets);

        Assert.Equal(before + 2, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        Assert.Equal(4, mixed.Targets.Probabilities.sum().item<float>(), 1e-6);
        Assert.Equal(2.5, mixed.Images.mean().item<float>(), 1e-6);
    }

    [Fact]
    public void Arguments_that_are_returned_stay_the_callers()
    {
        using var inner = NewDisposeScope();
        var (images, weights) = (MixingCases.Images(4), ones(4));
        var targets = MixingCases.Labels(4, weights);

        var same = Apply((given, its) => new(given, its), images, targets);
        var withWeights = Apply((given, its) => new(given, Targets.FromProbabilities(its.Probabilities, its.RowWeights)), images, targets);

        Assert.Same(targets, same.Targets);
        same.Images.Dispose();
        withWeights.Images.Dispose();
        withWeights.Targets.RowWeights!.Dispose();
        Assert.All((Tensor[])[images, weights, targets.Labels!], tensor =>
        {
            Assert.False(tensor.IsInvalid);
            Assert.True(inner.Contains(tensor));
        });
    }

    [Fact]
    public void Another_shape_or_number_is_refused_by_name()
    {
        string Refused(Func<Tensor, Targets, MixedBatch> mix) =>
            Assert.Throws<InvalidOperationException>(() => Apply(mix, MixingCases.Images(4), MixingCases.Labels(4))).Message;
        const string Expected = "Mixed.ApplyCore must return images of shape [4,3,12,10] and as many targets, but returned ";

        Assert.Equal(Expected + "images of shape [3,3,12,10] and 4 targets.", Refused((given, its) => new(given.narrow(0, 0, 3), its)));
        Assert.Equal(
            Expected + "images of shape [4,3,12,10] and 3 targets.",
            Refused((given, its) => new(given, Targets.FromProbabilities(its.Probabilities.narrow(0, 0, 3)))));
        Assert.Equal(Expected + "null.", Refused((_, _) => null!));
    }

    private static MixedBatch Apply(Func<Tensor, Targets, MixedBatch> mix, Tensor images, Targets targets) =>
        new Mixed(mix).Apply(images, targets, new Random(1));

    private sealed record Mixed(Func<Tensor, Targets, MixedBatch> Mix) : Mixing
    {
        protected override MixedBatch ApplyCore(Tensor images, Targets targets, Random random) => Mix(images, targets);
    }
}
