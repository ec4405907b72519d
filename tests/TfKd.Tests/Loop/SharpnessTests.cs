using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Runs with <see cref="Sam"/>: two gradients a step, of which the second is taken where the objective is higher.</summary>
public sealed class SharpnessTests
{
    private const int Classes = 4;

    // So short a way that no weight changes by it in single precision.
    private const double NoWay = 1e-30;

    private static readonly ChannelStatistics _statistics = new([0.5f, 0.5f, 0.5f], [0.25f, 0.25f, 0.25f]);

    private static readonly NetworkArchitecture _linear = new FactoryNetwork(
        "linear", classCount => nn.Sequential(("flatten", nn.Flatten()), ("fc", nn.Linear(12, classCount))), new ImageShape(3, 2, 2));

    private static readonly Sgd _sgd = new() { LearningRate = 0.05, Momentum = 0, WeightDecay = 0 };

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        MaxEpochs = 2,
        Optimizer = new Sgd { LearningRate = 0.05 },
        Seed = 3,
    };

    /// <summary>One step of a softmax regression, whose gradient has a formula.</summary>
    [Theory]
    [InlineData(0.05)]
    [InlineData(0.5)]
    public void The_gradient_is_that_of_the_paper(double rho)
    {
        var rows = RandomRows(10);
        var plan = _plan with { BatchSize = 10, MaxEpochs = 1, Normalization = _statistics, Schedule = new ConstantSchedule() };
        var (before, _) = Run(plan with { Optimizer = _sgd with { LearningRate = 1e-30 } }, rows);
        var (weights, result) = Run(plan with { Optimizer = new Sam(_sgd) { Rho = rho } }, rows);

        var start = Array.ConvertAll(before, weight => (double)weight);
        var (loss, gradient) = SoftmaxRegression(start, rows);
        var norm = Math.Sqrt(gradient.Sum(value => value * value));
        var (_, risen) = SoftmaxRegression([.. start.Zip(gradient, (weight, value) => weight + rho * value / norm)], rows);
        Assert.Equal(loss, result.History.Single().TrainingLoss, 1e-6);
        Assert.True(gradient.Zip(risen).Max(pair => Math.Abs(pair.First - pair.Second)) > 1e-3);
        for (var i = 0; i < weights.Length; i++)
            Assert.Equal(start[i] - 0.05 * risen[i], weights[i], 1e-6);
    }

    /// <summary>What is counted, averaged and kept is so once a step, and of the weights.</summary>
    [Theory]
    [InlineData("batch norm")]
    [InlineData("online labels")]
    [InlineData("accumulation")]
    [InlineData("peer")]
    [InlineData("frozen")]
    [InlineData("partners")]
    [InlineData("clipping")]
    [InlineData("integers")]
    public void No_way_up_is_the_other_optimiser_bit_for_bit(string kind)
    {
        var plan = kind switch
        {
            "online labels" => _plan with { Objective = new OnlineLabelSmoothing() },
            "accumulation" => _plan with { AccumulateSteps = 2 },
            "peer" => _plan with { Objective = new KnowledgeDistillation(), Teacher = new PeerTeacher() },
            "frozen" => _plan with { FrozenStages = 1, BackboneLearningRateFactor = 0.5 },
            "partners" => _plan with { Objective = new ClassWiseSelfKd() },
            "integers" => _plan with { FakeQuantization = new FakeQuantization() },
            "clipping" => _plan with { MaxGradientNorm = 0.1, Augmentations = [new HorizontalFlip()] },
            _ => _plan,
        };
        var rows = PatternSource.Create(40);
        var network = new SmallCnn { InputShape = rows.Shape, Width = 4 };
        var (expected, one) = Run(plan, rows, network);
        var (found, other) = Run(plan with { Optimizer = new Sam(plan.Optimizer) { Rho = NoWay } }, rows, network);
        Assert.Equal(expected, found);
        Assert.Equal(one.History.Select(epoch => epoch.TrainingLoss), other.History.Select(epoch => epoch.TrainingLoss));
        Assert.Equal(one.History.Select(epoch => epoch.TrainingAccuracy), other.History.Select(epoch => epoch.TrainingAccuracy));
        Assert.NotEqual(expected, Run(plan with { Optimizer = new Sam(plan.Optimizer) }, rows, network).Weights);
    }

    [Fact]
    public void The_draws_of_dropout_are_the_same_for_both_gradients()
    {
        GlobalGenerator.Seed(7);
        var (first, second) = (GlobalGenerator.WithSameDraws(Draw), GlobalGenerator.WithSameDraws(Draw));
        var drawn = first();
        Assert.Equal(drawn, first());
        Assert.NotEqual(drawn, second());
        Assert.Equal(drawn, first());

        static float[] Draw()
        {
            using var mask = nn.functional.dropout(ones(64), 0.5, training: true);
            return mask.data<float>().ToArray();
        }
    }

    [Fact]
    public void A_gradient_that_is_not_finite_ends_the_run_before_the_step()
    {
        var objective = new Rising { Endless = true };
        var exception = Assert.Throws<TrainingDivergedException>(() => Run(Sharp(objective), RandomRows(10)));
        Assert.Equal("gradient", exception.Term);
        Assert.StartsWith("The norm of the gradient is ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_objective_that_is_not_finite_up_there_ends_the_run()
    {
        var exception = Assert.Throws<TrainingDivergedException>(() => Run(Sharp(new Rising()), RandomRows(10)));
        Assert.Equal("rising", exception.Term);
        Assert.Contains("its terms in this step: cross_entropy ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_that_do_the_same_are_equal()
    {
        var sam = new Sam(new Sgd { LearningRate = 0.3, Momentum = 0.8 });
        Assert.Equal(0.3, sam.LearningRate);
        Assert.Equal(sam, new Sam(new Sgd { Momentum = 0.8 }) { LearningRate = 0.3 });
        Assert.Equal(new Sgd { LearningRate = 0.7, Momentum = 0.8 }, (sam with { LearningRate = 0.7 }).BaseOptimizer);
        Assert.Equal(new Sgd(), new Sam().BaseOptimizer);
        Assert.NotEqual(sam, sam with { Rho = 0.1 });
        Assert.Equal(
            "A Sam cannot give its gradient to another Sam; expected another optimiser. (Parameter 'baseOptimizer')",
            Assert.Throws<ArgumentException>(() => new Sam(sam)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sam { Rho = 0 });
    }

    private static TrainingPlan Sharp(Objective objective) => _plan with { Objective = objective, Optimizer = new Sam(_sgd) };

    private static (float[] Weights, TrainingResult Result) Run(TrainingPlan plan, IImageSource rows, NetworkArchitecture? network = null)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(network ?? _linear, Classes);
        var result = trainer.Run(student, rows);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        // Buffers are weights here: a batch norm must count a step once.
        var state = student.Body.state_dict().Values;
        return ([.. state.SelectMany(tensor => tensor.to(ScalarType.Float32).contiguous().data<float>().ToArray())], result);
    }

    private static DecodedCache RandomRows(int count)
    {
        var rows = new DecodedCache(new ImageShape(3, 2, 2), ["a", "b", "c", "d"]);
        var random = new Random(5);
        var pixels = new byte[12];
        for (var row = 0; row < count; row++)
        {
            random.NextBytes(pixels);
            rows.Add(pixels, row % Classes);
        }

        return rows;
    }

    /// <summary>Mean cross entropy, and its gradient, in the order of the weights: [K,12], then [K].</summary>
    private static (double Loss, double[] Gradient) SoftmaxRegression(double[] weights, DecodedCache rows)
    {
        var (loss, gradient, pixels) = (0.0, new double[weights.Length], new byte[12]);
        for (var row = 0; row < rows.Count; row++)
        {
            rows.ReadPixels(row, pixels);
            var input = Array.ConvertAll(pixels, pixel => (pixel / 255.0 - 0.5) / 0.25);
            var exponentials = Enumerable.Range(0, Classes).Select(Exponential).ToArray();
            for (var k = 0; k < Classes; k++)
            {
                var probability = exponentials[k] / exponentials.Sum();
                var difference = (probability - (k == rows.GetLabel(row) ? 1 : 0)) / rows.Count;
                loss -= k == rows.GetLabel(row) ? Math.Log(probability) / rows.Count : 0;
                gradient[Classes * 12 + k] += difference;
                for (var i = 0; i < 12; i++)
                    gradient[k * 12 + i] += difference * input[i];
            }

            double Exponential(int k) =>
                Math.Exp(weights[Classes * 12 + k] + input.Select((value, i) => value * weights[k * 12 + i]).Sum());
        }

        return (loss, gradient);
    }

    /// <summary>Cross entropy, and a term that is infinite as soon as the weights have moved; or whose gradient always is.</summary>
    private sealed record Rising : Objective
    {
        private readonly List<float> _seen = [];

        public bool Endless { get; init; }

        public override ObjectiveNeeds Needs => ObjectiveNeeds.None;

        protected override Tensor ComputeCore(ObjectiveInput input)
        {
            var loss = new CrossEntropy().Compute(input);
            var value = loss.item<float>();
            if (_seen.Count == 0)
                _seen.Add(value);
            var rising = Endless
                ? (loss * 0).sqrt()
                : tensor(value == _seen[0] ? 0 : double.PositiveInfinity, loss.dtype);
            input.Log.Record("rising", rising);
            return loss + rising;
        }
    }
}
