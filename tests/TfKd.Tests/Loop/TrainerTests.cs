using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class TrainerTests
{
    private static readonly NetworkArchitecture _network = new SmallCnn { InputShape = new ImageShape(3, 16, 16) };

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        MaxEpochs = 3,
        Optimizer = new Sgd { LearningRate = 0.05 },
        Seed = 3,
    };

    [Fact]
    public void A_network_learns()
    {
        var result = Train(_plan with { MaxEpochs = 5 }, out var student);
        using (student)
        {
            Assert.True(result.Best.Validation!.Top1 > 0.9, result.Best.ToString());
            Assert.True(result.History[^1].TrainingLoss < result.History[0].TrainingLoss);
        }
    }

    [Fact]
    public void One_seed_gives_one_model_and_another_seed_another()
    {
        var plan = _plan with { Augmentations = [new RandomCrop { Padding = 2 }, new Rotation()] };
        Assert.Equal(Weights(plan), Weights(plan));
        Assert.NotEqual(Weights(plan), Weights(plan with { Seed = 4 }));
    }

    [Fact]
    public void Live_tensors_stay_as_many_over_a_hundred_steps()
    {
        // At the ends of epochs, when no batch is being gathered on the other thread.
        var counts = new List<long>();
        var plan = _plan with
        {
            MaxEpochs = 24,
            Objective = new TfKdRegularization(),
            Augmentations = [new RandomCrop()],
            Callbacks = [new EpochCallback(() => counts.Add(counts.Count <= 4 ? LiveTensors.Settle() : LiveTensors.Count))],
        };
        Train(plan, out var student, validation: null);
        student.Dispose();
        Assert.Equal(24, counts.Count);
        Assert.Equal(counts[3], counts[23]);
    }

    [Fact]
    public void The_best_weights_come_back()
    {
        var result = Train(_plan with { MaxEpochs = 8, Optimizer = new Sgd { LearningRate = 0.4 } }, out var student);
        using (student)
        {
            var best = result.History.MaxBy(epoch => (epoch.Validation!.Top1, -epoch.Validation.NegativeLogLikelihood))!;
            Assert.Equal(best.Epoch, result.BestEpoch);
            Assert.Equal(best.Validation, Evaluator.Evaluate(student, PatternSource.Create(64, seed: 2), batchSize: 16));
        }
    }

    [Fact]
    public void A_teacher_takes_part()
    {
        var plan = _plan with
        {
            Objective = new KnowledgeDistillation { Form = KdForm.Paper, Alpha = 0.5 },
            Teacher = new VirtualTeacher(),
        };
        var result = Train(plan, out var student);
        student.Dispose();
        Assert.Contains("cross_entropy", result.History[0].Terms.Keys);
        Assert.True(result.History.All(epoch => double.IsFinite(epoch.TrainingLoss)));
    }

    [Fact]
    public void Divergence_names_step_term_and_rate()
    {
        var plan = _plan with { Optimizer = new Sgd { LearningRate = 1e30 }, Schedule = new ConstantSchedule() };
        var exception = Assert.Throws<TrainingDivergedException>(() => Train(plan, out _));
        Assert.Matches(@"^The objective is (NaN|Infinity) in epoch 1, step \d+, at learning rate 1E\+30 \(CrossEntropy", exception.Message);
    }

    [Fact]
    public void Cancellation_stops_between_batches()
    {
        using var source = new CancellationTokenSource();
        var seen = 0;
        var callback = new BatchCallback(() =>
        {
            if (++seen == 3)
                source.Cancel();
        });
        var trainer = new Trainer(_plan with { Callbacks = [callback] });
        using var student = trainer.CreateStudent(_network, 4);
        Assert.ThrowsAny<OperationCanceledException>(() => trainer.Run(student, PatternSource.Create(128), null, source.Token));
        Assert.Equal(3, seen);
    }

    [Fact]
    public void What_does_not_fit_is_refused_before_the_first_batch()
    {
        Assert.Equal(
            "KnowledgeDistillation { Alpha = 0.9, Temperature = 4, Form = Hinton, Multiplier = 1 } needs a teacher, but the plan has "
                + "none; set Teacher.",
            Refusal(_plan with { Objective = new KnowledgeDistillation() }));
        Assert.Equal(
            "The plan has the teacher UniformTeacher { }, but CrossEntropy { } does not listen to one; use another objective, "
                + "KnowledgeDistillation say, or no teacher.",
            Refusal(_plan with { Teacher = new UniformTeacher() }));
        Assert.Equal(
            "The network has 4 outputs, but the training rows have 5 classes.", Refusal(_plan, PatternSource.Create(8, classCount: 5)));
        Assert.Equal(
            "The network takes 3 channels, but the training images are 1x16x16.", Refusal(_plan, PatternSource.Create(8, channels: 1)));
        Assert.Equal("Training needs at least 2 rows, but there are 1.", Refusal(_plan, PatternSource.Create(1)));
        Assert.Equal("The validation set has no rows; leave it out, or give it some.", Refusal(_plan, validation: PatternSource.Create(0)));
    }

    private static string Refusal(TrainingPlan plan, IImageSource? training = null, IImageSource? validation = null)
    {
        var trainer = new Trainer(plan with { Callbacks = [new BatchCallback(() => Assert.Fail("a batch ran"))] });
        using var student = trainer.CreateStudent(_network, 4);
        return Assert.Throws<InvalidOperationException>(() =>
            trainer.Run(student, training ?? PatternSource.Create(8), validation)).Message;
    }

    private static byte[] Weights(TrainingPlan plan)
    {
        Train(plan, out var student);
        using (student)
            return [
                .. student.Body
                    .state_dict()
                    .OrderBy(entry => entry.Key, StringComparer.Ordinal)
                    .SelectMany(entry => entry.Value.detach().cpu().contiguous().bytes.ToArray()),
            ];
    }

    private static TrainingResult Train(TrainingPlan plan, out ImageNetwork student) =>
        Train(plan, out student, PatternSource.Create(64, seed: 2));

    private static TrainingResult Train(TrainingPlan plan, out ImageNetwork student, IImageSource? validation)
    {
        var trainer = new Trainer(plan);
        student = trainer.CreateStudent(_network, 4);
        return trainer.Run(student, PatternSource.Create(96), validation);
    }

    private sealed class EpochCallback(Action action) : TrainingCallback
    {
        public override void OnEpochEnd(TrainingState state) => action();
    }

    private sealed class BatchCallback(Action action) : TrainingCallback
    {
        public override void OnBatchEnd(TrainingState state) => action();
    }
}
