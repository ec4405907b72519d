using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class LinearProbeTests
{
    private static readonly NetworkArchitecture _network = new CifarResNet { Depth = 8, Width = 8, InputShape = new ImageShape(3, 16, 16) };

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        MaxEpochs = 1,
        FrozenStages = 3,
        LinearProbe = new LinearProbe(),
        Seed = 3,
    };

    [Fact]
    public void Minimum_of_a_narrow_valley_is_found()
    {
        var found = Lbfgs.Minimize(
            (x, gradient) =>
            {
                var value = 0.0;
                for (var i = 0; i < x.Length; i++)
                {
                    var curvature = Math.Pow(10, i);
                    value += curvature * (x[i] - i) * (x[i] - i);
                    gradient[i] = 2 * curvature * (x[i] - i);
                }

                return value;
            },
            new double[5]);
        Assert.All(found.Select((value, i) => value - i), difference => Assert.Equal(0, difference, 1e-5));
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.001)]
    public void No_other_classifier_has_a_lower_objective(double strength)
    {
        using var scope = NewDisposeScope();
        var (rows, labels, weights) = (Points(), new[] { 0, 1, 2, 0, 1, 2, 0, 0 }, new[] { 1.0, 1, 1, 2, 1, 1, 3, 1 });
        using var regression = new LogisticRegression(
            tensor(rows.SelectMany(row => row).ToArray()).view(rows.Length, -1), tensor(labels.Select(label => (long)label).ToArray()),
            tensor(weights), 3);
        var (weight, bias) = regression.Layer(regression.Fit(strength, regression.Start));
        var parameters = weight.data<double>().ToArray().Concat(bias.data<double>().ToArray()).ToArray();
        var lowest = Objective(rows, labels, weights, parameters, strength);
        for (var i = 0; i < parameters.Length; i++)
        {
            foreach (var change in new[] { -1e-3, 1e-3 })
            {
                double[] other = [.. parameters];
                other[i] += change;
                Assert.True(Objective(rows, labels, weights, other, strength) > lowest - 1e-12, $"parameter {i} {change:+0.000;-0.000}");
            }
        }
    }

    [Fact]
    public void One_epoch_fits_the_head_and_nothing_else()
    {
        var messages = new List<string>();
        var trainer = new Trainer(_plan with { Callbacks = [new Listener(messages)] });
        using var student = trainer.CreateStudent(_network, 4);
        var before = Values(student);
        var result = trainer.Run(student, PatternSource.Create(48), PatternSource.Create(16, seed: 2));
        Assert.All(
            Values(student),
            entry => Assert.Equal(!entry.Key.StartsWith("fc.", StringComparison.Ordinal), before[entry.Key].SequenceEqual(entry.Value)));
        var epoch = Assert.Single(result.History);
        Assert.Equal(0, result.BestEpoch);
        Assert.Equal(0, epoch.LearningRate);
        Assert.Equal(Evaluator.Evaluate(student, PatternSource.Create(48)).Top1, epoch.TrainingAccuracy, 1e-9);
        Assert.Equal(Evaluator.Evaluate(student, PatternSource.Create(48)).NegativeLogLikelihood, epoch.TrainingLoss, 1e-4);
        Assert.Equal(Evaluator.Evaluate(student, PatternSource.Create(16, seed: 2)).Top1, epoch.Validation!.Top1);
        Assert.Contains(
            messages, message => message.StartsWith("The head was fitted to the features of 48 rows, with", StringComparison.Ordinal));
    }

    [Fact]
    public void Runs_are_the_same_bit_for_bit()
    {
        Assert.Equal(Head(_plan), Head(_plan));
        Assert.NotEqual(Head(_plan), Head(_plan with { LinearProbe = new LinearProbe { Strengths = [10] } }));
    }

    [Fact]
    public void Further_epochs_go_on_from_the_fitted_head()
    {
        var still = _plan with { MaxEpochs = 3, Optimizer = new Sgd { LearningRate = 1e-9, WeightDecay = 0 } };
        Assert.All(Head(_plan).Zip(Head(still)), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        Assert.NotEqual(Head(_plan), Head(still with { Optimizer = new Sgd { LearningRate = 0.5 } }));
    }

    [Fact]
    public void A_checkpoint_behind_the_fitted_head_goes_on()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var plan = _plan with { MaxEpochs = 2, Schedule = new ConstantSchedule(), Optimizer = new Sgd { LearningRate = 0.1 } };
            Head(plan with { MaxEpochs = 1, CheckpointDirectory = folder.FullName });
            Assert.Equal(Head(plan), Head(plan with { CheckpointDirectory = folder.FullName }));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Mirrored_images_are_left_out_where_left_and_right_differ()
    {
        var messages = new List<string>();
        var trainer = new Trainer(_plan with { Callbacks = [new Listener(messages)] });
        using var rows = Sides();
        using var student = trainer.CreateStudent(_network, 2);
        trainer.Run(student, rows);
        Assert.StartsWith("The head was fitted to the features of 24 rows, without mirrored images", Assert.Single(
            messages, message => message.StartsWith("The head", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(1, Evaluator.Evaluate(student, rows).Top1);
    }

    [Fact]
    public void What_cannot_be_fitted_is_refused()
    {
        var head = Assert.Throws<InvalidOperationException>(() => Run(_plan with { FrozenStages = 0 }, new SqueezeNet
        {
            Version = 1.1,
            CifarStem = true,
            InputShape = new ImageShape(3, 16, 16),
        }));
        Assert.EndsWith("is none; leave LinearProbe out.", head.Message, StringComparison.Ordinal);
        var teacher = Assert.Throws<InvalidOperationException>(() =>
            Run(_plan with { Objective = new KnowledgeDistillation(), Teacher = new UniformTeacher() }, _network));
        Assert.Equal(
            $"The only epoch fits the head to labels, by LinearProbe, so that nothing is learnt from {new UniformTeacher()}; set MaxEpochs "
            + "to 2 or more, or leave the teacher out.",
            teacher.Message);
        var peer = Assert.Throws<InvalidOperationException>(() =>
            Run(_plan with { MaxEpochs = 2, Objective = new KnowledgeDistillation(), Teacher = new PeerTeacher() }, _network));
        Assert.Equal(
            $"LinearProbe fits the head of one network, but {new PeerTeacher()} has two; leave one of them out.", peer.Message);
    }

    [Fact]
    public void Properties_have_ranges()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinearProbe { Folds = 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinearProbe { Strengths = [0] });
        Assert.Equal(
            "Strengths must have one strength at least, but is empty. (Parameter 'Strengths')",
            Assert.Throws<ArgumentException>(() => new LinearProbe { Strengths = [] }).Message);
        Assert.Equal(new LinearProbe { Strengths = [1, 2] }, new LinearProbe { Strengths = [1, 2] });
    }

    private static void Run(TrainingPlan plan, NetworkArchitecture architecture)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(architecture, 4);
        trainer.Run(student, PatternSource.Create(48));
    }

    private static float[] Head(TrainingPlan plan)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(_network, 4);
        trainer.Run(student, PatternSource.Create(48));
        return Values(student)["fc.weight"];
    }

    private static Dictionary<string, float[]> Values(ImageNetwork network)
    {
        using var scope = NewDisposeScope();
        return network.Body.state_dict().Where(entry => entry.Value.is_floating_point()).ToDictionary(
            entry => entry.Key, entry => entry.Value.detach().contiguous().data<float>().ToArray());
    }

    private static double[][] Points() =>
        [[1, 0.5], [-1, 0.25], [0.5, 2], [1.5, -1], [0, -1], [0.25, 1], [-0.5, 1.5], [2, 2]];

    // The objective as it is documented, in plain numbers: K rows of weights, then K biases.
    private static double Objective(double[][] rows, int[] labels, double[] weights, double[] parameters, double strength)
    {
        var (total, width) = (weights.Sum(), rows[0].Length);
        double[] mean = [.. Enumerable.Range(0, width).Select(i => rows.Zip(weights, (row, weight) => row[i] * weight).Sum() / total)];
        var size = rows.Zip(weights, (row, weight) => weight * row.Zip(mean, (x, m) => (x - m) * (x - m)).Sum()).Sum() / total;
        var loss = 0.0;
        for (var n = 0; n < rows.Length; n++)
        {
            double[] logits =
            [
                .. Enumerable.Range(0, 3).Select(k =>
                    parameters[3 * width + k] + rows[n].Select((x, i) => x * parameters[k * width + i]).Sum()),
            ];
            loss += weights[n] / total * (Math.Log(logits.Sum(Math.Exp)) - logits[labels[n]]);
        }

        return loss + strength / 2 * size * parameters.Take(3 * width).Sum(value => value * value);
    }

    // Bright on the left, or on the right.
    private static DecodedCache Sides()
    {
        var shape = new ImageShape(3, 16, 16);
        var rows = new DecodedCache(shape, ["left", "right"]);
        var random = new Random(5);
        for (var row = 0; row < 24; row++)
        {
            var pixels = new byte[shape.ByteCount];
            for (var i = 0; i < pixels.Length; i++)
                pixels[i] = (byte)(random.Next(40) + (i % 16 < 8 == (row % 2 == 0) ? 200 : 0));
            rows.Add(pixels, row % 2);
        }

        return rows;
    }

    private sealed class Listener(List<string> messages) : TrainingCallback
    {
        public override void OnMessage(string message, bool isWarning) => messages.Add(message);
    }
}
