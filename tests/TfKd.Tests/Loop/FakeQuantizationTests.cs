using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Runs of networks that are trained for integers.</summary>
public sealed class FakeQuantizationTests
{
    private static readonly DecodedCache _training = PatternSource.Create(64);
    private static readonly DecodedCache _validation = PatternSource.Create(32, seed: 2);

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        MaxEpochs = 2,
        Optimizer = new Sgd { LearningRate = 0.02 },
        Schedule = new ConstantSchedule(),
        FakeQuantization = new FakeQuantization(),
        Seed = 3,
    };

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void What_is_validated_is_what_the_export_answers(bool best, bool averaged)
    {
        var trainer = new Trainer(_plan with
        {
            RestoreBestWeights = best,
            WeightAverage = averaged ? new WeightAverage { Decay = 0.7 } : null,
        });
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = _training.Shape }, 4);
        var result = trainer.Run(student, _training, _validation);
        var validated = result.Best.Validation!;
        var model = Export(student, result.Calibration!);
        Assert.Equal(validated.NegativeLogLikelihood, LossOf(model), 1e-3);
        Assert.NotEqual(validated.NegativeLogLikelihood, Evaluator.Evaluate(student, _validation).NegativeLogLikelihood, 1e-9);
        // The ranges are those that a calibration finds.
        Assert.Equal(model, Export(student, student.Calibrate(_training)));
    }

    [Fact]
    public void Steps_are_in_integers_from_the_first_epoch_that_is_asked_for()
    {
        var plain = Run(_plan with { FakeQuantization = null });
        var second = Run(_plan with { FakeQuantization = new() { FirstEpoch = 1 } });
        var (first, reduced) = (Run(_plan), Run(_plan with { FakeQuantization = new() { ReduceRange = true } }));
        Assert.Equal(plain.History[0].TrainingLoss, second.History[0].TrainingLoss);
        Assert.NotEqual(plain.History[1].TrainingLoss, second.History[1].TrainingLoss);
        Assert.NotEqual(plain.History[0].TrainingLoss, first.History[0].TrainingLoss);
        Assert.NotEqual(reduced.History[0].TrainingLoss, first.History[0].TrainingLoss);
        // Validation is in integers from the beginning.
        Assert.NotEqual(plain.History[0].Validation, second.History[0].Validation);
        Assert.Null(plain.Calibration);
        Assert.Equal(first.History.Select(epoch => epoch.TrainingLoss), Run(_plan).History.Select(epoch => epoch.TrainingLoss));
    }

    [Fact]
    public void Watchers_see_weights_that_are_not_rounded()
    {
        var seen = new List<float[]>();
        var callback = new BrokenRun.StepCallback(state => seen.Add(Weights(state.Student)));
        Run(_plan with { Callbacks = [callback] });
        Assert.Equal(8, seen.Count);
        // Of integers times their scale all would be multiples of it.
        Assert.All(seen, weights => Assert.Contains(weights, weight =>
            Math.Abs(weight / weights.Max(Math.Abs) * ChannelWeights.Limit) is var value && Math.Abs(value - Math.Round(value)) > 0.1));
    }

    [Fact]
    public void Teachers_that_are_trained_first_are_in_floating_point()
    {
        var plan = _plan with { Objective = new KnowledgeDistillation { Alpha = 0.5 }, Teacher = new SelfTeacher() };
        var (integers, plain) = (Run(plan).TeacherReport!, Run(plan with { FakeQuantization = null }).TeacherReport!);
        Assert.Equal(plain.Training.Metrics, integers.Training.Metrics);
    }

    [Fact]
    public void Peers_learn_in_integers_both()
    {
        var plan = _plan with { Objective = new KnowledgeDistillation { Alpha = 0.5 }, Teacher = new PeerTeacher() };
        var (integers, plain) = (Run(plan), Run(plan with { FakeQuantization = null }));
        Assert.NotEqual(plain.History[0].PeerValidation, integers.History[0].PeerValidation);
        Assert.NotNull(integers.Calibration);
    }

    [Fact]
    public void Frozen_stages_run_with_the_rest()
    {
        var network = new SmallCnn { InputShape = _training.Shape };
        var plan = _plan with { FrozenStages = network.GetStages().Count };
        var messages = new List<string>();
        var result = Run(plan with { Callbacks = [new BrokenRun.Listener(messages.Add)] });
        Assert.DoesNotContain(messages, message => message.StartsWith("The frozen stages ran once", StringComparison.Ordinal));
        Assert.NotNull(result.Calibration);
    }

    [Fact]
    public void Plans_that_cannot_be_are_refused()
    {
        Assert.Equal(
            "FakeQuantization rounds to 8 bits, and BFloat16 would round the result once more; set Precision to Float32, or leave "
            + "FakeQuantization out.",
            Assert.Throws<InvalidOperationException>(() => Run(_plan with { Precision = Precision.BFloat16 })).Message);
        Assert.Equal(
            "FakeQuantization begins with epoch 2, counted from 0, but the run has 2; set FakeQuantization.FirstEpoch below MaxEpochs.",
            Assert.Throws<InvalidOperationException>(() => Run(_plan with { FakeQuantization = new() { FirstEpoch = 2 } })).Message);
        var strange = new FactoryNetwork("strange", classes => nn.Sequential(
            ("flatten", nn.Flatten()), ("relu", nn.ReLU()), ("fc", new Fading(3 * 16 * 16, classes))), _training.Shape);
        Assert.StartsWith(
            "'body.fc' (Fading) returns what linear gives for one image, but something else for a batch of others.",
            Assert.Throws<NotSupportedException>(() => Run(_plan, strange)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_part_of_the_plan_where_it_is_set()
    {
        Assert.Contains(
            "\nComputes in integers: FakeQuantization { FirstEpoch = 0, ReduceRange = False }\n", _plan.Describe(),
            StringComparison.Ordinal);
        Assert.DoesNotContain("integers", (_plan with { FakeQuantization = null }).Describe(), StringComparison.Ordinal);
        Assert.NotEqual(_plan.TryIdentify(), (_plan with { FakeQuantization = null }).TryIdentify());
    }

    private static TrainingResult Run(TrainingPlan plan, NetworkArchitecture? network = null)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(network ?? new SmallCnn { InputShape = _training.Shape }, 4);
        return trainer.Run(student, _training, _validation);
    }

    private static float[] Weights(ImageNetwork network)
    {
        using var scope = NewDisposeScope();
        return network.named_parameters().Single(entry => entry.name == "body.fc.weight").parameter.detach()[0].data<float>().ToArray();
    }

    private static byte[] Export(ImageNetwork network, OnnxCalibration calibration) => OnnxExporter.Export(network, new OnnxExportOptions
    {
        InputShape = network.Architecture.InputShape,
        Weights = OnnxWeights.Int8,
        Calibration = calibration,
    });

    private static double LossOf(byte[] model)
    {
        using var scope = NewDisposeScope();
        using var session = OnnxRun.Open(model);
        var scores = OnnxRun.Score(session, CalibrationImages.Pixels(_validation, _validation.Count));
        var labels = tensor(Enumerable.Range(0, _validation.Count).Select(row => (long)_validation.GetLabel(row)).ToArray());
        return nn.functional.cross_entropy(scores, labels).item<double>();
    }

    /// <summary>Multiplies by weights that it makes smaller each time.</summary>
    private sealed class Fading : nn.Module<Tensor, Tensor>
    {
        private readonly TorchSharp.Modules.Parameter weight;
        private double _scale = 1;

        public Fading(long inputs, long outputs) : base(nameof(Fading))
        {
            weight = new(randn(outputs, inputs));
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => input.matmul((weight * (_scale /= 2)).t());
    }
}
