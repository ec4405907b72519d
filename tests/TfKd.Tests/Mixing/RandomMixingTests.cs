using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class RandomMixingTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(null, 0.5, 0.5)]
    [InlineData(new[] { 0.2, 0.5 }, 0.2, 0.5)]
    [InlineData(new[] { 0.0, 1.0 }, 0, 1)]
    public void Members_are_drawn_by_their_probabilities(double[]? probabilities, double mixup, double cutMix)
    {
        const int Batches = 1000;
        var mixing = new RandomMixing(new Mixup(), new CutMix()) { Probabilities = probabilities };
        var (images, targets) = (MixingCases.Images(2), MixingCases.Labels(2));
        var counts = new int[3];
        for (var seed = 0; seed < Batches; seed++)
        {
            using var scope = NewDisposeScope();
            var mixed = mixing.Apply(images, targets, new Random(seed));
            // Of bytes Mixup makes floats, CutMix does not.
            counts[mixed.Targets.Labels is not null ? 2 : mixed.Images.is_floating_point() ? 0 : 1]++;
        }

        // Five standard deviations of a binomial share.
        Assert.Equal(mixup, (double)counts[0] / Batches, 0.08);
        Assert.Equal(cutMix, (double)counts[1] / Batches, 0.08);
        Assert.Equal(1 - mixup - cutMix, (double)counts[2] / Batches, 0.08);
    }

    [Fact]
    public void It_is_a_plain_value_that_says_what_is_in_it()
    {
        var mixing = new RandomMixing(new Mixup(), new CutMix()) { Probabilities = [0.25, 0.5] };

        Assert.Equal(new RandomMixing(new Mixup(), new CutMix()) { Probabilities = [0.25, 0.5] }, mixing);
        Assert.NotEqual(mixing with { Probabilities = null }, mixing);
        Assert.Equal(
            "RandomMixing { Members = [Mixup { Alpha = 0.2 }, CutMix { Alpha = 1, Probability = 1 }], Probabilities = [0.25, 0.5] }",
            mixing.ToString());
    }

    [Fact]
    public void Members_and_probabilities_that_do_not_fit_are_refused()
    {
        string Refused(Func<object> make) => Assert.ThrowsAny<ArgumentException>(make).Message.Split(Environment.NewLine)[0];

        Assert.Equal(
            "A random mixing must have at least one member, but has none. (Parameter 'members')", Refused(() => new RandomMixing()));
        Assert.Equal(
            "Probabilities must have one number a member, 1, but has 2. (Parameter 'Probabilities')",
            Refused(() => new RandomMixing(new Mixup()) { Probabilities = [0.5, 0.5] }));
        Assert.Equal(
            "Probabilities must not be above 1 in all, but are 1.5. (Parameter 'Probabilities')",
            Refused(() => new RandomMixing(new Mixup(), new CutMix()) { Probabilities = [1, 0.5] }));
        Assert.Equal(
            "Probabilities must be within [0, 1], but is -1. (Parameter 'Probabilities')",
            Refused(() => new RandomMixing(new Mixup()) { Probabilities = [-1] }));
    }
}
