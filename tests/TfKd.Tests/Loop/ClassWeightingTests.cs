namespace TfKd.Tests;

public sealed class ClassWeightingTests
{
    private static readonly NetworkArchitecture _network = new SmallCnn { InputShape = new ImageShape(3, 16, 16), Width = 8 };

    [Fact]
    public void Inverse_frequency_makes_each_class_count_the_same()
    {
        // Counts 1, 3, 6: each class gets a third of the total weight of 10.
        var weights = RowWeights.Of(Rows([0, 1, 1, 1, 2, 2, 2, 2, 2, 2]), new InverseFrequencyWeighting())!;

        Near([10 / 3.0, .. Enumerable.Repeat(10 / 9.0, 3), .. Enumerable.Repeat(10 / 18.0, 6)], weights);
    }

    [Fact]
    public void Effective_number_is_that_of_the_paper()
    {
        // Beta 0.5: a class of n rows weighs 0.5 / (1 - 0.5^n), that is 1, 4/7, 32/63; ten rows of these weigh 1 + 3 * 4/7 + 6 * 32/63 =
        // 363/63 together.
        var weights = RowWeights.Of(Rows([0, 1, 1, 1, 2, 2, 2, 2, 2, 2]), new EffectiveNumberWeighting { Beta = 0.5 })!;

        Near([630 / 363.0, .. Enumerable.Repeat(360 / 363.0, 3), .. Enumerable.Repeat(320 / 363.0, 6)], weights);
    }

    [Fact]
    public void Effective_number_lies_between_none_and_inverse_frequency()
    {
        Assert.Equal([1, 1, 1], new EffectiveNumberWeighting { Beta = 0 }.Weights([1, 3, 6]));
        var near = new EffectiveNumberWeighting { Beta = 1 - 1e-8 }.Weights([1, 3, 6]);
        Assert.All(near.Zip(new InverseFrequencyWeighting().Weights([1, 3, 6])), pair => Assert.Equal(pair.Second, pair.First, 1e-6));
        // (1 - 0.999) / (1 - 0.999^1000) = 0.001 / 0.63230457522903...
        Assert.Equal(0.0015815163, new EffectiveNumberWeighting().Weights([1000])[0], 1e-9);
    }

    [Fact]
    public void Weights_of_rows_and_of_their_classes_multiply()
    {
        // Class weights 1, 1/2; products 2, 1/2, 3/2, whose mean is 4/3.
        var weights = RowWeights.Of(Rows([0, 1, 1], [2, 1, 3]), new InverseFrequencyWeighting())!;

        Near([1.5, 0.375, 1.125], weights);
    }

    [Fact]
    public void Weights_of_rows_alone_have_mean_one() => Near([0.5, 0, 2.5], RowWeights.Of(Rows([0, 1, 1], [1, 0, 5]), null)!);

    [Fact]
    public void A_row_of_weight_zero_is_no_row_of_its_class()
    {
        var weights = RowWeights.Of(Rows([0, 1, 1, 1], [1, 1, 1, 0]), new InverseFrequencyWeighting())!;

        Near([2, 1, 1, 0], weights);
        Assert.Equal(weights, RowWeights.Of(Rows([0, 1, 1, 0], [1, 1, 1, 0]), new InverseFrequencyWeighting()));
    }

    [Fact]
    public void Classes_without_rows_change_nothing() => Assert.Equal(
        RowWeights.Of(Rows([0, 1, 1], classCount: 2), new EffectiveNumberWeighting()),
        RowWeights.Of(Rows([0, 3, 3], classCount: 5), new EffectiveNumberWeighting()));

    [Fact]
    public void Rows_that_weigh_the_same_cost_nothing()
    {
        Assert.Null(RowWeights.Of(Rows([0, 1, 1]), null));
        Assert.Null(RowWeights.Of(Rows([0, 1, 1], [3, 3, 3]), null));
        Assert.Null(RowWeights.Of(Rows([0, 1, 1, 0]), new InverseFrequencyWeighting()));
    }

    [Fact]
    public void Weights_that_cannot_be_are_refused_by_row_class_and_value()
    {
        Assert.Equal(
            "All 2 training rows have the weight 0, so there is nothing to learn from; expected one above 0 at least.",
            Refusal(Rows([0, 1], [0, 0]), null));
        Assert.Equal(
            "The weight of training row 1 is NaN; expected a finite number of 0 or above.",
            Refusal(new Reweighted(Rows([0, 1]), float.NaN), null));
        Assert.Equal(
            "The weight of training row 1 is -1; expected a finite number of 0 or above.",
            Refusal(new Reweighted(Rows([0, 1]), -1), null));
        Assert.Equal("Fixed { } gave 2 weights; expected one for each of the 3 classes.", Refusal(Rows([0, 1]), new Fixed([1, 2])));
        Assert.Equal(
            "Fixed { } gave class 'class1' of 2 rows the weight -2; expected a finite number of 0 or above.",
            Refusal(Rows([0, 1, 1]), new Fixed([1, -2, double.NaN])));
        Assert.Equal(
            "Beta must be within [0, 1), but is 1. (Parameter 'Beta')\nActual value was 1.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new EffectiveNumberWeighting { Beta = 1 }).Message.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void A_run_refuses_weights_before_its_first_batch()
    {
        var trainer = new Trainer(new TrainingPlan());
        using var student = trainer.CreateStudent(_network, 3);

        Assert.StartsWith(
            "All 2 training rows have the weight 0",
            Assert.Throws<InvalidOperationException>(() => trainer.Run(student, Rows([0, 1], [0, 0]))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_plan_tells_of_it()
    {
        Assert.Contains("\nClass weighting: none\n", new TrainingPlan().Describe(), StringComparison.Ordinal);
        Assert.Contains(
            "\nClass weighting: EffectiveNumberWeighting { Beta = 0.9 }\n",
            new TrainingPlan { ClassWeighting = new EffectiveNumberWeighting { Beta = 0.9 } }.Describe(),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_rare_class_is_found_more_often_where_it_weighs_more(int seed)
    {
        // One row of class 1 for twenty of class 0, under noise.
        var rows = PatternSource.Create(480, classCount: 2, seed: seed, noise: 120);
        var training = new SourceSubset(rows, Enumerable.Range(0, rows.Count).Where(row => rows.GetLabel(row) == 0 || row % 40 == 1));
        var test = PatternSource.Create(200, classCount: 2, seed: seed + 100, noise: 120);
        var rare = new SourceSubset(test, Enumerable.Range(0, test.Count).Where(row => test.GetLabel(row) == 1));

        (double Recall, double Accuracy) Measure(ClassWeighting? weighting)
        {
            var trainer = new Trainer(
                new TrainingPlan
                {
                    ClassWeighting = weighting,
                    BatchSize = 32,
                    MaxEpochs = 4,
                    Optimizer = new Sgd { LearningRate = 0.02 },
                    Seed = seed,
                });
            using var student = trainer.CreateStudent(_network, 2);
            trainer.Run(student, training);
            return (Evaluator.Evaluate(student, rare).Top1, Evaluator.Evaluate(student, test).Top1);
        }

        var without = Measure(null);
        Assert.All((ClassWeighting[])[new InverseFrequencyWeighting(), new EffectiveNumberWeighting()], weighting =>
        {
            var with = Measure(weighting);
            Assert.True(with.Recall > without.Recall + 0.3, $"{weighting}: recall {with.Recall}, without {without.Recall}");
            // Not by calling everything rare: the test rows are half of each class.
            Assert.True(with.Accuracy > without.Accuracy + 0.15, $"{weighting}: accuracy {with.Accuracy}, without {without.Accuracy}");
        });
    }

    private static void Near(double[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        Assert.Equal(1, found.Average(), 1e-6);
    }

    private static string Refusal(IImageSource rows, ClassWeighting? weighting) =>
        Assert.Throws<InvalidOperationException>(() => RowWeights.Of(rows, weighting)).Message;

    private static DecodedCache Rows(int[] labels, float[]? weights = null, int classCount = 3)
    {
        var cache = new DecodedCache(new ImageShape(3, 16, 16), [.. Enumerable.Range(0, classCount).Select(k => $"class{k}")]);
        for (var row = 0; row < labels.Length; row++)
            cache.Add(new byte[cache.Shape.ByteCount], labels[row], weights?[row] ?? 1);
        return cache;
    }

    private sealed record Fixed(double[] Values) : ClassWeighting
    {
        public override IReadOnlyList<double> Weights(IReadOnlyList<int> rowCounts) => Values;

        public override string ToString() => "Fixed { }";
    }

    /// <summary>A source of one's own, which nothing kept from saying anything of its second row.</summary>
    private sealed class Reweighted(IImageSource source, float weight) : IImageSource
    {
        public int Count => source.Count;

        public ImageShape Shape => source.Shape;

        public IReadOnlyList<string> ClassNames => source.ClassNames;

        public int GetLabel(int row) => source.GetLabel(row);

        public void ReadPixels(int row, Span<byte> pixels) => source.ReadPixels(row, pixels);

        public SampleExtras? Extras { get; } = SampleExtras.OfWeights([
            .. Enumerable.Range(0, source.Count).Select(row => row == 1 ? weight : 1),
        ]);
    }
}
