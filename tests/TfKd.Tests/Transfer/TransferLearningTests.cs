using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class TransferLearningTests
{
    private static readonly NetworkArchitecture _network = new CifarResNet { Depth = 8, Width = 8, InputShape = new ImageShape(3, 16, 16) };

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        MaxEpochs = 2,
        Optimizer = new Sgd { LearningRate = 0.05 },
        Seed = 3,
    };

    [Theory]
    [InlineData(1, new[] { "conv1", "bn1", "layer1" }, new[] { "layer2", "layer3", "fc" })]
    [InlineData(3, new[] { "conv1", "bn1", "layer1", "layer2", "layer3" }, new[] { "fc" })]
    public void Frozen_stages_and_what_comes_before_them_stay_as_they_are(int stages, string[] frozen, string[] learning)
    {
        var trainer = new Trainer(_plan with { FrozenStages = stages, Augmentations = [new HorizontalFlip()] });
        using var student = trainer.CreateStudent(_network, 4);
        var before = Values(student);
        trainer.Run(student, PatternSource.Create(48), PatternSource.Create(16, seed: 2));
        var after = Values(student);
        foreach (var (key, values) in before)
        {
            var part = key.Split('.')[0];
            Assert.True(frozen.Contains(part) ^ learning.Contains(part), key);
            if (frozen.Contains(part))
                Assert.Equal(values, after[key]);
            else
                Assert.False(values.AsSpan().SequenceEqual(after[key]), key);
        }

        Assert.All(student.parameters(), parameter => Assert.True(parameter.requires_grad));
    }

    [Fact]
    public void Batch_norms_keep_their_statistics_and_learn_all_else_where_these_are_frozen()
    {
        var trainer = new Trainer(_plan with { FreezeBatchNormStatistics = true, Augmentations = [new HorizontalFlip()] });
        using var student = trainer.CreateStudent(_network, 4);
        var before = Values(student);
        trainer.Run(student, PatternSource.Create(48), PatternSource.Create(16, seed: 2));
        var after = Values(student);
        Assert.Contains("layer3.0.bn2.running_var", before.Keys);
        foreach (var (key, values) in before)
            Assert.Equal(key.Contains(".running_", StringComparison.Ordinal), values.AsSpan().SequenceEqual(after[key]));
    }

    [Fact]
    public void Frozen_statistics_are_what_images_are_normalised_by_in_training()
    {
        // One image a batch: its own statistics would be those of no other batch, and frozen ones do not know of batches.
        var alone = History(1, frozen: true);
        var together = History(16, frozen: true);
        Assert.Equal(alone, together, 1e-5);
        Assert.NotEqual(History(2, frozen: false), History(48, frozen: false), 1e-3);

        double History(int batchSize, bool frozen)
        {
            var trainer = new Trainer(_plan with
            {
                BatchSize = batchSize,
                MaxEpochs = 1,
                Optimizer = new Sgd { LearningRate = 1e-12 },
                Augmentations = [],
                FreezeBatchNormStatistics = frozen,
            });
            using var student = trainer.CreateStudent(_network, 4);
            return trainer.Run(student, PatternSource.Create(48)).History.Single().TrainingLoss;
        }
    }

    [Fact]
    public void A_callback_that_evaluates_does_not_wake_frozen_batch_norms()
    {
        var rows = PatternSource.Create(16, seed: 2);
        var trainer = new Trainer(
            _plan with
            {
                FrozenStages = 1,
                Augmentations = [new HorizontalFlip()],
                Callbacks = [new BatchCallback(state => Evaluator.Evaluate(state.Student, rows))],
            });
        using var student = trainer.CreateStudent(_network, 4);
        var before = Values(student);
        trainer.Run(student, PatternSource.Create(48));
        Assert.Equal(before["bn1.running_mean"], Values(student)["bn1.running_mean"]);
        Assert.NotEqual(before["layer2.0.bn1.running_mean"], Values(student)["layer2.0.bn1.running_mean"]);
    }

    [Fact]
    public void Features_of_a_frozen_backbone_are_computed_once()
    {
        Assert.Equal(Calls(_plan with { FrozenStages = 3, MaxEpochs = 1 }), Calls(_plan with { FrozenStages = 3, MaxEpochs = 5 }));
        Assert.NotEqual(Calls(_plan with { FrozenStages = 2, MaxEpochs = 1 }), Calls(_plan with { FrozenStages = 2, MaxEpochs = 5 }));
        Assert.NotEqual(
            Calls(_plan with { FrozenStages = 3, Augmentations = [new HorizontalFlip()], MaxEpochs = 1 }),
            Calls(_plan with { FrozenStages = 3, Augmentations = [new HorizontalFlip()], MaxEpochs = 5 }));

        static int Calls(TrainingPlan plan)
        {
            var trainer = new Trainer(plan);
            using var student = trainer.CreateStudent(_network, 4);
            var calls = 0;
            var stage = (nn.Module<Tensor, Tensor>)student.Body.named_modules().Single(module => module.name == "layer1").module;
            using var hook = new Removal(stage.register_forward_hook((_, _, output) =>
            {
                calls++;
                return output;
            }).remove);
            trainer.Run(student, PatternSource.Create(48), PatternSource.Create(16, seed: 2));
            return calls;
        }
    }

    [Fact]
    public void Kept_features_train_the_head_that_fresh_ones_do()
    {
        var plan = _plan with { FrozenStages = 3, MaxEpochs = 4 };
        var kept = Head(plan, _network, out var keptResult);
        // The same network, but nobody is told that it can be split.
        var whole = new FactoryNetwork(
            "whole", classCount =>
                new Whole(BodyOf(plan, classCount)), _network.InputShape)
        { Stages = ["inner.layer1", "inner.layer2", "inner.layer3"] };
        var fresh = Head(plan, whole, out var freshResult);
        Assert.Equal(fresh.Length, kept.Length);
        Assert.All(fresh.Zip(kept), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        Assert.Equal(freshResult.Best.Validation!.NegativeLogLikelihood, keptResult.Best.Validation!.NegativeLogLikelihood, 1e-4);
        Assert.NotEqual(Head(plan with { MaxEpochs = 1 }, _network, out _), kept);

        static nn.Module<Tensor, Tensor> BodyOf(
            TrainingPlan plan, int classCount) => new Trainer(plan).CreateStudent(_network, classCount).Body;

        static float[] Head(TrainingPlan plan, NetworkArchitecture architecture, out TrainingResult result)
        {
            var trainer = new Trainer(plan);
            using var student = trainer.CreateStudent(architecture, 4);
            result = trainer.Run(student, PatternSource.Create(48), PatternSource.Create(16, seed: 2));
            return student.Body.state_dict().Single(entry => entry.Key.EndsWith("fc.weight", StringComparison.Ordinal)).Value
                .detach()
                .data<float>()
                .ToArray();
        }
    }

    [Fact]
    public void Features_beyond_the_budget_are_not_kept()
    {
        using var network = _network.Build(4);
        var source = PatternSource.Create(10);
        using var kept = FrozenFeatures.Compute(
            network, source, 4, TestContext.Current.CancellationToken, maxBytes: 10 * 32 * sizeof(float));
        Assert.NotNull(kept);
        Assert.Null(FrozenFeatures.Compute(
            network, source, 4, TestContext.Current.CancellationToken, maxBytes: 10 * 32 * sizeof(float) - 1));
    }

    [Fact]
    public void Objectives_of_pairs_and_teachers_work_on_kept_features()
    {
        Objective[] objectives = [new ClassWiseSelfKd(), new TfKdRegularization(), new KnowledgeDistillation()];
        foreach (var objective in objectives)
        {
            var trainer = new Trainer(
                _plan with
                {
                    FrozenStages = 3,
                    Objective = objective,
                    Teacher = objective is KnowledgeDistillation ? new TrainedTeacher(_network) { Epochs = 1 } : null,
                });
            using var student = trainer.CreateStudent(_network, 4);
            var result = trainer.Run(student, PatternSource.Create(48));
            Assert.True(double.IsFinite(result.Best.TrainingLoss));
        }
    }

    [Fact]
    public void The_backbone_learns_at_its_own_rate()
    {
        var plan = _plan with
        {
            MaxEpochs = 1,
            BatchSize = 48,
            Optimizer = new Sgd { LearningRate = 0.01, Momentum = 0, WeightDecay = 0 },
            Schedule = new ConstantSchedule(),
        };
        var (backbone, head) = Changes(plan);
        var (slowBackbone, slowHead) = Changes(plan with { BackboneLearningRateFactor = 0.25 });
        Assert.Equal(head, slowHead, 1e-6);
        Assert.Equal(0.25 * backbone, slowBackbone, 1e-4 * backbone);

        static (double Backbone, double Head) Changes(TrainingPlan plan)
        {
            var trainer = new Trainer(plan);
            using var student = trainer.CreateStudent(_network, 4);
            var before = Values(student);
            trainer.Run(student, PatternSource.Create(48));
            var after = Values(student);
            return (Norm("conv1.weight"), Norm("fc.weight"));

            double Norm(string key) => Math.Sqrt(before[key].Zip(after[key]).Sum(pair => Math.Pow(pair.First - pair.Second, 2)));
        }
    }

    [Fact]
    public void A_run_with_two_rates_and_frozen_stages_resumes_to_the_same_weights()
    {
        var folder = Directory.CreateTempSubdirectory("tfkd-transfer");
        try
        {
            var plan = _plan with
            {
                FrozenStages = 1,
                BackboneLearningRateFactor = 0.1,
                MaxEpochs = 3,
                Augmentations = [new HorizontalFlip()],
            };
            var unbroken = Train(plan);
            var halted = plan with { CheckpointDirectory = folder.FullName };
            Assert.ThrowsAny<OperationCanceledException>(() => Train(halted with
            {
                Callbacks = [new BatchCallback(state =>
            {
                if (state.Epoch == 2)
                    throw new OperationCanceledException();
            })]
            }));
            Assert.Equal(unbroken, Train(halted));
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        static float[] Train(TrainingPlan plan)
        {
            var trainer = new Trainer(plan);
            using var student = trainer.CreateStudent(_network, 4);
            trainer.Run(student, PatternSource.Create(48));
            return [.. Values(student).OrderBy(entry => entry.Key, StringComparer.Ordinal).SelectMany(entry => entry.Value)];
        }
    }

    [Fact]
    public void Weights_of_a_file_give_all_but_the_head()
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        try
        {
            random.manual_seed(11);
            using var source = _network.Build(7);
            var statistics = new ChannelStatistics([0.1, 0.2, 0.3], [0.4, 0.5, 0.6]);
            source.Normalization.Set(statistics);
            NetworkWeights.Save(source, path);
            var plan = _plan with { InitialWeights = new BackboneWeights(path) };
            using var student = new Trainer(plan).CreateStudent(_network, 4);
            using var random4 = new Trainer(_plan).CreateStudent(_network, 4);
            var (start, own, fresh) = (Values(source), Values(student), Values(random4));
            Assert.All(own.Where(entry =>
                !entry.Key.StartsWith("fc.", StringComparison.Ordinal)), entry => Assert.Equal(start[entry.Key], entry.Value));
            Assert.Equal(fresh["fc.weight"], own["fc.weight"]);
            Assert.Equal(statistics, plan.InitialWeights.Normalization);
            new Trainer(plan with { MaxEpochs = 1 }).Run(student, PatternSource.Create(16));
            Assert.Equal(statistics, student.Normalization.Statistics);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_checkpoint_knows_the_weights_that_its_run_began_with()
    {
        var folder = Directory.CreateTempSubdirectory("tfkd-transfer");
        try
        {
            var path = Path.Combine(folder.FullName, "start.safetensors");
            Save(1);
            var plan = _plan with { MaxEpochs = 1, InitialWeights = new BackboneWeights(path), CheckpointDirectory = folder.FullName };
            Run();
            Run();
            Save(2);
            Assert.Contains(
                "is the checkpoint of another run", Assert.Throws<InvalidOperationException>(Run).Message, StringComparison.Ordinal);

            void Run()
            {
                var trainer = new Trainer(plan);
                using var student = trainer.CreateStudent(_network, 4);
                trainer.Run(student, PatternSource.Create(16));
            }

            void Save(long seed)
            {
                random.manual_seed(seed);
                using var network = _network.Build(4);
                NetworkWeights.Save(network, path);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void More_frozen_stages_than_there_are_is_refused()
    {
        var trainer = new Trainer(_plan with { FrozenStages = 4 });
        using var student = trainer.CreateStudent(_network, 4);
        Assert.EndsWith(
            "has 3 stages: [layer1, layer2, layer3].",
            Assert.Throws<InvalidOperationException>(() => trainer.Run(student, PatternSource.Create(16))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Live_tensors_stay_as_many()
    {
        var counts = new List<long>();
        var trainer = new Trainer(_plan with
        {
            FrozenStages = 3,
            BackboneLearningRateFactor = 0.5,
            MaxEpochs = 6,
            Callbacks = [new EpochCallback(() => counts.Add(LiveTensors.Settle()))],
        });
        using var student = trainer.CreateStudent(_network, 4);
        var before = LiveTensors.Settle();
        trainer.Run(student, PatternSource.Create(48), PatternSource.Create(16, seed: 2));
        Assert.Equal(counts[2], counts[5]);
        Assert.Equal(before, LiveTensors.Settle());
    }

    private static Dictionary<string, float[]> Values(ImageNetwork network) =>
        network.Body
            .state_dict()
            .Where(entry => entry.Value.is_floating_point())
            .ToDictionary(entry => entry.Key, entry => entry.Value.detach().contiguous().data<float>().ToArray());

    private sealed class Whole : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> inner;

        public Whole(nn.Module<Tensor, Tensor> inner) : base(nameof(Whole))
        {
            this.inner = inner;
            RegisterComponents();
        }

        public override Tensor forward(Tensor images) => inner.call(images);
    }

    private sealed class Removal(Action remove) : IDisposable
    {
        public void Dispose() => remove();
    }

    private sealed class BatchCallback(Action<TrainingState> action) : TrainingCallback
    {
        public override void OnBatchEnd(TrainingState state) => action(state);
    }

    private sealed class EpochCallback(Action action) : TrainingCallback
    {
        public override void OnEpochEnd(TrainingState state) => action();
    }
}
