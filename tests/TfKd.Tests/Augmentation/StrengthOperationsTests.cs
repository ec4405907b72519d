using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>
/// RandAugment and AugMix: their limits are the numbers that torchvision 0.14 prints of its own spaces, for images 24 high and 36 wide.
/// </summary>
public sealed class StrengthOperationsTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void The_spaces_are_those_of_torchvision()
    {
        // RandAugment()._augmentation_space(31, (24, 36)), the last magnitude.
        var rand = OperationRanges.Rand;
        Assert.Equal((0.3, 30.0, 0.9), (rand.Shear, rand.Degrees, rand.Change));
        Assert.Equal(16.314199447631836, rand.Translation(36), 5);
        Assert.Equal(10.87613296508789, rand.Translation(24), 5);
        Assert.Equal([8, 7, 4], new[] { 0, 9 / 30.0, 1 }.Select(rand.Bits));
        // AugMix()._augmentation_space(10, (24, 36)).
        var mix = OperationRanges.Mix;
        Assert.Equal((0.3, 30.0, 0.9), (mix.Shear, mix.Degrees, mix.Change));
        Assert.Equal((12, 8), (mix.Translation(36), mix.Translation(24)));
        Assert.Equal([4, 4, 3, 3, 2, 2, 1, 1, 0, 0], Enumerable.Range(0, 10).Select(i => mix.Bits(i / 9.0)));
    }

    [Fact]
    public void Translation_is_a_part_of_the_side_that_it_goes_along()
    {
        var images = AugmentationCases.Images(1, ScalarType.Float32);
        var image = PlainImage.Of(images, 0);
        // 12 high, 10 wide: 150 / 331 of them are 5.4 and 4.5 pixels, a third 4 and 3.3.
        Check(OperationRanges.Rand, right: 4, down: 5);
        Check(OperationRanges.Mix, right: 3, down: 4);

        void Check(OperationRanges ranges, int right, int down)
        {
            image.Map((channel, y, x) => image.At(channel, y, x - right))
                .AssertEqual(StrengthOperations.Change(TrivialOperation.TranslateX, images, ranges, [1], [1]), 0, 0);
            image.Map((channel, y, x) => image.At(channel, y + down, x))
                .AssertEqual(StrengthOperations.Change(TrivialOperation.TranslateY, images, ranges, [1], [-1]), 0, 0);
        }
    }

    [Fact]
    public void RandAugment_applies_what_is_drawn_one_after_the_other()
    {
        const int Count = 60;
        var images = AugmentationCases.Images(Count);
        var random = AugmentationCases.Random(view: 5, AugmentationCases.Rows(Count));
        var turns = Enumerable.Range(0, 3).Select(_ => (Operations: random.NextIntegers(14), Signs: random.NextDoubles())).ToArray();

        var changed = new RandAugment { Operations = 3, Magnitude = 21 }
            .Apply(images, AugmentationCases.Random(view: 5, AugmentationCases.Rows(Count)));

        for (var row = 0; row < Count; row++)
        {
            using var scope = NewDisposeScope();
            var expected = images.narrow(0, row, 1).to(ScalarType.Float32);
            foreach (var (operations, signs) in turns)
                expected = StrengthOperations.Change(
                    (TrivialOperation)operations[row], expected, OperationRanges.Rand, [0.7], [signs[row] < 0.5 ? 1 : -1]).round();
            Assert.True(expected.to(ScalarType.Byte).eq(changed.narrow(0, row, 1)).all().item<bool>(), $"Row {row}.");
        }
    }

    [Fact]
    public void The_weights_of_AugMix_add_up_to_1()
    {
        const int Count = 300;
        // No operation but solarization changes white, and that not below the full strength: it has the first of ten.
        var white = full([Count, 1, 12, 10], 254.0, ScalarType.Float64);
        var geometry = new AugMix { AllOperations = false, Severity = 1, MixtureWidth = 4, Alpha = 0.5 };
        var changed = geometry.Apply(white, AugmentationCases.Random(view: 1, AugmentationCases.Rows(Count)));
        // But for posterization, which leaves 240 of it: a mean of the two.
        Assert.InRange(changed.min().item<double>(), 240 - 1e-9, 254);
        Assert.InRange(changed.max().item<double>(), 254 - 1e-9, 254 + 1e-9);
    }

    [Fact]
    public void AugMix_of_one_operation_a_chain_is_the_formula()
    {
        const int Count = 40;
        var images = AugmentationCases.Images(Count, ScalarType.Float64);
        var random = AugmentationCases.Random(view: 2, AugmentationCases.Rows(Count));
        var seeds = random.NextIntegers(int.MaxValue);
        var chains = Enumerable.Range(0, 2).Select(_ => Draw()).ToArray();

        var changed = new AugMix { MixtureWidth = 2, ChainDepth = 1, Severity = 10, Alpha = 0.7 }
            .Apply(images, AugmentationCases.Random(view: 2, AugmentationCases.Rows(Count)));

        for (var row = 0; row < Count; row++)
        {
            using var scope = NewDisposeScope();
            var generator = new Random((int)seeds[row]);
            var own = BetaDistribution.Draw(generator, 0.7);
            var shares = BetaDistribution.DrawDirichlet(generator, 0.7, 2);
            Assert.Equal(1, shares.Sum(), 12);
            var image = images.narrow(0, row, 1);
            var expected = image * own;
            foreach (var (chain, share) in chains.Zip(shares))
                expected = expected + Change(image, chain, row) * (share * (1 - own));
            Assert.True((expected - changed.narrow(0, row, 1)).abs().max().item<double>() < 1e-9, $"Row {row}.");
        }

        (long[] Operations, long[] Strengths, double[] Signs) Draw()
        {
            random.NextIntegers(1);
            return (random.NextIntegers(13), random.NextIntegers(10), random.NextDoubles());
        }

        static Tensor Change(Tensor image, (long[] Operations, long[] Strengths, double[] Signs) chain, int row)
        {
            TrivialOperation[] operations =
            [
                TrivialOperation.ShearX, TrivialOperation.ShearY, TrivialOperation.TranslateX, TrivialOperation.TranslateY,
                TrivialOperation.Rotate, TrivialOperation.Posterize, TrivialOperation.Solarize, TrivialOperation.AutoContrast,
                TrivialOperation.Equalize, TrivialOperation.Brightness, TrivialOperation.Colour, TrivialOperation.Contrast,
                TrivialOperation.Sharpness,
            ];
            return StrengthOperations.Change(
                operations[chain.Operations[row]], image, OperationRanges.Mix, [chain.Strengths[row] / 9.0],
                [chain.Signs[row] < 0.5 ? 1 : -1]);
        }
    }

    [Fact]
    public void Chains_of_no_given_depth_have_one_two_or_three_operations()
    {
        const int Count = 300;
        var images = AugmentationCases.Images(Count, ScalarType.Float64);
        var rows = AugmentationCases.Rows(Count);
        var free = new AugMix { MixtureWidth = 1 }.Apply(images, AugmentationCases.Random(view: 3, rows));
        // The numbers of a chain of three are drawn alike, so that rows whose depth is three are those of a chain of three.
        var deep = new AugMix { MixtureWidth = 1, ChainDepth = 3 }.Apply(images, AugmentationCases.Random(view: 3, rows));
        var random = AugmentationCases.Random(view: 3, rows);
        random.NextIntegers(int.MaxValue);
        var depths = random.NextIntegers(3);
        var equal = free.eq(deep).all(3).all(2).all(1).data<bool>().ToArray();
        Assert.All(rows.Where(row => depths[row] == 2), row => Assert.True(equal[row]));
        Assert.InRange(rows.Count(row => depths[row] < 2 && !equal[row]) / (double)rows.Count(row => depths[row] < 2), 0.3, 0.9);
    }

    [Fact]
    public void Bad_values_are_refused()
    {
        Assert.Equal(
            "Magnitude must be within [0, 30], but is 31. (Parameter 'Magnitude')", Refused(() => new RandAugment { Magnitude = 31 }));
        Assert.Equal(
            "Operations must be above 0 and finite, but is 0. (Parameter 'Operations')", Refused(() => new RandAugment { Operations = 0 }));
        Assert.Equal("Severity must be within [1, 10], but is 0. (Parameter 'Severity')", Refused(() => new AugMix { Severity = 0 }));
        Assert.Equal("Alpha must be above 0 and finite, but is 0. (Parameter 'Alpha')", Refused(() => new AugMix { Alpha = 0 }));
        Assert.Equal(
            "ChainDepth must be above 0 and finite, but is 0. (Parameter 'ChainDepth')", Refused(() => new AugMix { ChainDepth = 0 }));
        Assert.Equal(
            "MixtureWidth must be above 0 and finite, but is 0. (Parameter 'MixtureWidth')",
            Refused(() => new AugMix { MixtureWidth = 0 }));

        static string Refused(Func<object> make) => Assert.ThrowsAny<ArgumentException>(make).Message.Split(Environment.NewLine)[0];
    }
}
