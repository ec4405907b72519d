namespace TfKd.Tests;

/// <summary>What a rule that weighs classes does where rows may have several labels.</summary>
public sealed class PositiveWeightsTests
{
    private static readonly NetworkArchitecture _network = new SmallCnn { InputShape = new ImageShape(3, 16, 16), Width = 8 };

    // Six rows: label 0 in one of them, 1 in four, 2 in all, 3 in none.
    private static readonly int[][] _labels = [[0, 1, 2], [1, 2], [1, 2], [1, 2], [2], [2]];

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        MaxEpochs = 2,
        Objective = new BinaryCrossEntropy(),
        Optimizer = new Sgd { LearningRate = 0.05 },
    };

    [Fact]
    public void Inverse_frequency_is_the_number_without_a_label_by_that_with_it() =>
        Assert.Equal([5, 0.5, 1, 1], PositiveWeights.Of(Rows(_labels), new InverseFrequencyWeighting())!);

    [Fact]
    public void Effective_number_is_that_of_the_paper_for_both()
    {
        // (1 - 0.5^no) / (1 - 0.5^yes): of 5 and 1 rows, and of 2 and 4.
        double[] expected = [31 / 32.0 / 0.5, 3 / 4.0 / (15 / 16.0), 1, 1];
        var found = PositiveWeights.Of(Rows(_labels), new EffectiveNumberWeighting { Beta = 0.5 })!;
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }

    [Fact]
    public void A_label_weighs_beside_its_absence_as_a_class_of_one_label_beside_another()
    {
        foreach (var weighting in (ClassWeighting[])[new InverseFrequencyWeighting(), new EffectiveNumberWeighting { Beta = 0.9 }])
        {
            var ofTwo = new DecodedCache(_network.InputShape, ["no", "yes"]);
            foreach (var labels in _labels)
                ofTwo.Add(new byte[ofTwo.Shape.ByteCount], labels.Contains(0) ? 1 : 0);
            var rows = RowWeights.Of(ofTwo, weighting)!;
            Assert.Equal(rows[0] / rows[1], PositiveWeights.Of(Rows(_labels), weighting)![0], 1e-6);
        }
    }

    [Fact]
    public void Rows_that_do_not_count_and_rows_without_labels_are_left_out()
    {
        var rows = Rows(_labels);
        rows.Add(new byte[rows.Shape.ByteCount], Targets.Unlabelled);
        rows.Add(new byte[rows.Shape.ByteCount], [0], weight: 0);
        Assert.Equal([5, 0.5, 1, 1], PositiveWeights.Of(rows, new InverseFrequencyWeighting())!);
    }

    [Fact]
    public void Nothing_is_weighed_where_nothing_is_to_be()
    {
        Assert.Null(PositiveWeights.Of(Rows(_labels), null));
        Assert.Null(PositiveWeights.Of(Rows(_labels), new EffectiveNumberWeighting { Beta = 0 }));
        Assert.Null(PositiveWeights.Of(Rows([[0, 1], [2, 3]]), new InverseFrequencyWeighting()));
        Assert.Null(PositiveWeights.Of(PatternSource.Create(9), new InverseFrequencyWeighting()));
        // Rows keep their own weights, whose mean is 1, and have nothing of their labels'.
        var rows = Rows(_labels);
        rows.Add(new byte[rows.Shape.ByteCount], [0], weight: 8);
        var weights = RowWeights.Of(rows, new InverseFrequencyWeighting())!;
        Assert.Equal([.. Enumerable.Repeat(0.5f, 6), 4], weights);
    }

    [Fact]
    public void Weights_that_cannot_be_are_refused_by_label_and_value()
    {
        Assert.Equal("Fixed { } gave 3 weights; expected one for each of the 2 classes.", Refusal([1, 2, 3]));
        const string Start = "Fixed { } gave the 5 rows without the label 'class0' the weight ";
        Assert.Equal($"{Start}0 and the 1 with it the weight 1; expected finite numbers above 0.", Refusal([0, 1]));
        Assert.Equal($"{Start}1 and the 1 with it the weight 0; expected finite numbers above 0.", Refusal([1, 0]));
        Assert.Equal($"{Start}NaN and the 1 with it the weight 1; expected finite numbers above 0.", Refusal([double.NaN, 1]));
        // Two that are below 0 have a ratio that is not.
        Assert.Equal($"{Start}-1 and the 1 with it the weight -2; expected finite numbers above 0.", Refusal([-1, -2]));

        static string Refusal(double[] values) =>
            Assert.Throws<InvalidOperationException>(() => PositiveWeights.Of(Rows(_labels), new Fixed(values))).Message;
    }

    [Fact]
    public void A_run_learns_as_with_the_same_weights_in_its_objective()
    {
        var rows = BlobSource.Create(64);
        var weights = PositiveWeights.Of(rows, new InverseFrequencyWeighting())!;
        var plan = _plan with { Mixing = new Mixup(), AccumulateSteps = 2 };
        var named = Losses(plan with { Objective = new BinaryCrossEntropy { PositiveWeights = weights, Smoothing = 0.1 } }, rows);
        plan = plan with { Objective = new BinaryCrossEntropy { Smoothing = 0.1 } };
        Assert.Equal(named, Losses(plan with { ClassWeighting = new InverseFrequencyWeighting() }, rows));
        Assert.NotEqual(named, Losses(plan, rows));
        Assert.Equal(Losses(plan, rows), Losses(plan with { ClassWeighting = new EffectiveNumberWeighting { Beta = 0 } }, rows));
    }

    [Fact]
    public void Terms_of_a_teacher_are_not_weighed_but_what_it_learns_first_is()
    {
        var objective = new BinaryCrossEntropy() + new BinaryKd();
        var plan = _plan with { Objective = objective, MaxEpochs = 1, ClassWeighting = new InverseFrequencyWeighting() };
        var rows = BlobSource.Create(48);
        // A rate of nothing: all epochs see the same student, and the same teacher.
        plan = plan with { Optimizer = new Sgd { LearningRate = 1e-12 } };
        plan = plan with { Teacher = new TrainedTeacher(_network) { Objective = new BinaryCrossEntropy(), Epochs = 1 } };
        var (with, without) = (Terms(plan), Terms(plan with { ClassWeighting = null }));
        Assert.Equal(without["binary_kd"], with["binary_kd"], 1e-6);
        Assert.NotEqual(without["binary_cross_entropy"], with["binary_cross_entropy"], 1e-3);
        // A student of the teacher's answers alone has nothing to weigh, but its teacher has.
        var ofTeacher = plan with { Objective = new BinaryKd() };
        Assert.NotEqual(Messages(ofTeacher), Messages(ofTeacher with { ClassWeighting = null }));

        IReadOnlyDictionary<string, double> Terms(TrainingPlan one) => Run(one, rows).History[0].Terms;

        string Messages(TrainingPlan one)
        {
            var told = new List<string>();
            Run(one with { Callbacks = [new Listener(told)] }, rows);
            return told.Single(message => message.StartsWith("Teacher 1: Epoch 1/1: loss", StringComparison.Ordinal)).Split(',')[0];
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_rare_label_is_found_more_often_where_it_weighs_more(int seed)
    {
        var training = WithRare(BlobSource.Create(480, seed: seed));
        var test = BlobSource.Create(200, seed: seed + 100);
        var without = Measure(null);
        Assert.All((ClassWeighting[])[new InverseFrequencyWeighting(), new EffectiveNumberWeighting()], weighting =>
        {
            var with = Measure(weighting);
            Assert.True(with.Classes[3].Recall > without.Classes[3].Recall + 0.3, $"{weighting}: {with.Classes[3]}, {without.Classes[3]}");
            // Not by calling everything rare.
            Assert.True(with.Classes[3].F1 > 0.7, $"{weighting}: {with.Classes[3]}");
        });

        MultiLabelMetrics Measure(ClassWeighting? weighting)
        {
            var trainer = new Trainer(_plan with { ClassWeighting = weighting, MaxEpochs = 3, Seed = seed });
            using var student = trainer.CreateStudent(_network, 4);
            trainer.Run(student, training);
            return Evaluator.EvaluateLabels(student, test);
        }
    }

    [Fact]
    public void What_could_not_be_weighed_is_refused()
    {
        const string Several = "The training rows may have several labels, and ";
        var weighting = new InverseFrequencyWeighting();
        var plan = _plan with { ClassWeighting = weighting };
        Assert.Equal(
            $"{Several}{weighting} weighs those that a BinaryCrossEntropy learns, but {new BinaryKd()} has none; add one, or leave "
                + "ClassWeighting at null.",
            Refusal(plan with { Objective = new BinaryKd(), Teacher = new MovingAverageTeacher() }));
        var own = new BinaryCrossEntropy { PositiveWeights = [1, 2, 3, 4] };
        Assert.Equal(
            $"{Several}both {weighting} and PositiveWeights of {own} say how much they count; leave one of the two at null.",
            Refusal(plan with { Objective = new Ramped { Inner = 2 * own } }));
        Assert.Contains(
            $"both {weighting} and PositiveWeights of {own}",
            Refusal(plan with { Objective = new BinaryKd(), Teacher = new TrainedTeacher(_network) { Objective = own } }),
            StringComparison.Ordinal);

        static string Refusal(TrainingPlan plan) =>
            Assert.Throws<InvalidOperationException>(() => Run(plan, BlobSource.Create(16))).Message;
    }

    // Of the rows with the last label one in twelve.
    private static SourceSubset WithRare(DecodedCache rows)
    {
        var seen = 0;
        return new(rows, Enumerable.Range(0, rows.Count)
            .Where(row => !rows.Extras!.GetLabels(row).Contains(3) || seen++ % 12 == 0));
    }

    private static double[] Losses(TrainingPlan plan, IImageSource rows) =>
        [.. Run(plan, rows).History.Select(epoch => epoch.TrainingLoss)];

    private static TrainingResult Run(TrainingPlan plan, IImageSource rows)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(_network, 4);
        return trainer.Run(student, rows);
    }

    private static DecodedCache Rows(int[][] labels)
    {
        var cache = new DecodedCache(_network.InputShape, [.. Enumerable.Range(0, 4).Select(k => $"class{k}")]);
        foreach (var row in labels)
            cache.Add(new byte[cache.Shape.ByteCount], row);
        return cache;
    }

    private sealed record Fixed(double[] Values) : ClassWeighting
    {
        public override IReadOnlyList<double> Weights(IReadOnlyList<int> rowCounts) => Values;

        public override string ToString() => "Fixed { }";
    }

    private sealed class Listener(List<string> messages) : TrainingCallback
    {
        public override void OnMessage(string message, bool isWarning) => messages.Add(message);
    }
}
