using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class WeightAverageTests : IDisposable
{
    private const double Decay = 0.7;

    private static readonly DecodedCache _training = PatternSource.Create(64);
    private static readonly DecodedCache _validation = PatternSource.Create(32, seed: 2);

    // Eight steps: of the first three the plain mean is taken, then the moving one.
    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        MaxEpochs = 2,
        Optimizer = new Sgd { LearningRate = 0.05 },
        Schedule = new ConstantSchedule(),
        WeightAverage = new WeightAverage { Decay = Decay },
        Seed = 3,
    };

    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-average-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_run_ends_with_the_average_over_its_steps()
    {
        var (steps, ends) = Run(_plan, null, out _);
        Assert.Equal(8, steps.Count);
        foreach (var (key, values) in ends)
        {
            var expected = Array.ConvertAll(steps[0][key], value => (double)value);
            for (var step = 2; step <= steps.Count; step++)
            {
                var kept = key.EndsWith("num_batches_tracked", StringComparison.Ordinal) ? 0 : Math.Min(Decay, 1 - 1.0 / step);
                for (var i = 0; i < expected.Length; i++)
                    expected[i] = kept * expected[i] + (1 - kept) * steps[step - 1][key][i];
            }

            Assert.All(values.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-5));
        }

        Assert.NotEqual(steps[^1]["fc.weight"], ends["fc.weight"]);
    }

    [Fact]
    public void The_weights_learn_as_they_would_without_it()
    {
        var (steps, _) = Run(_plan, _validation, out _);
        var (others, end) = Run(_plan with { WeightAverage = null }, _validation, out _);
        Assert.Equal(others.Select(step => step["fc.weight"]), steps.Select(step => step["fc.weight"]));
        // An average that keeps nothing of itself is the weights.
        var (_, same) = Run(_plan with { WeightAverage = new WeightAverage { Decay = 0 } }, _validation, out _);
        Assert.Equal(end["fc.weight"], same["fc.weight"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_validated_is_what_the_run_ends_with(bool best)
    {
        var trainer = new Trainer(_plan with { RestoreBestWeights = best });
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = _training.Shape }, 4);
        var result = trainer.Run(student, _training, _validation);
        var expected = result.History[best ? result.BestEpoch : ^1].Validation!;
        Assert.Equal(expected.NegativeLogLikelihood, Evaluator.Evaluate(student, _validation, _plan.BatchSize).NegativeLogLikelihood, 1e-6);
    }

    [Fact]
    public void A_finished_run_is_found_with_its_average()
    {
        var plan = _plan with { CheckpointDirectory = _directory };
        var (_, first) = Run(plan, null, out _);
        var (steps, again) = Run(plan, null, out var result);
        Assert.Empty(steps);
        Assert.Equal(2, result.History.Count);
        Assert.Equal(first["fc.weight"], again["fc.weight"]);
    }

    [Fact]
    public void It_is_part_of_the_plan_where_it_is_set()
    {
        Assert.Contains("\nEnds with: WeightAverage { Decay = 0.7 }\n", _plan.Describe(), StringComparison.Ordinal);
        Assert.DoesNotContain("Ends with", (_plan with { WeightAverage = null }).Describe(), StringComparison.Ordinal);
        Assert.StartsWith(
            "Decay must be within [0, 1), but is 1.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new WeightAverage { Decay = 1 }).Message,
            StringComparison.Ordinal);
    }

    /// <summary>Runs a plan.</summary>
    /// <returns>The weights after each step, as they are in the run, and at its end.</returns>
    private static (List<Dictionary<string, float[]>> Steps, Dictionary<string, float[]> End) Run(
        TrainingPlan plan, DecodedCache? validation, out TrainingResult result)
    {
        var steps = new List<Dictionary<string, float[]>>();
        var trainer = new Trainer(plan with { Callbacks = [new BrokenRun.StepCallback(state => steps.Add(WeightsOf(state.Student)))] });
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = _training.Shape }, 4);
        result = trainer.Run(student, _training, validation);
        return (steps, WeightsOf(student));
    }

    private static Dictionary<string, float[]> WeightsOf(ImageNetwork network)
    {
        using var scope = NewDisposeScope();
        return network.Body.state_dict().ToDictionary(
            entry => entry.Key, entry => entry.Value.detach().to(ScalarType.Float32).contiguous().data<float>().ToArray());
    }
}
