namespace TfKd.Tests;

/// <summary>Networks that are trained for teachers: like the student's run but where the request says otherwise.</summary>
public sealed class TeacherTrainingTests
{
    private static readonly SmallCnn _network = new() { InputShape = new ImageShape(3, 16, 16), Width = 4 };
    private static readonly DecodedCache _training = PatternSource.Create(48);

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        MaxEpochs = 2,
        Optimizer = new Sgd { LearningRate = 0.05 },
        Augmentations = [new RandomCrop { Padding = 2 }],
        Seed = 3,
    };

    [Fact]
    public void What_is_left_out_is_as_in_the_students_run()
    {
        var (byDefault, messages) = Train(new TeacherTrainingRequest());
        Assert.StartsWith($"Training teacher 1: {_network}, 2 epochs, CrossEntropy {{ }}.", messages[0], StringComparison.Ordinal);
        var (spelledOut, _) = Train(new TeacherTrainingRequest
        {
            Architecture = _network,
            Objective = _plan.Objective,
            Epochs = _plan.MaxEpochs,
            Optimizer = _plan.Optimizer,
            Schedule = _plan.Schedule,
            BatchSize = _plan.BatchSize,
            Augmentations = _plan.Augmentations,
        });
        Assert.Equal(byDefault, spelledOut);
    }

    [Fact]
    public void Each_setting_of_a_request_counts()
    {
        TeacherTrainingRequest[] requests =
        [
            new(),
            new() { Architecture = _network with { Width = 5 } },
            new() { Objective = new LabelSmoothing() },
            new() { Objective = new KnowledgeDistillation(), Teacher = new UniformTeacher() },
            new() { Epochs = 3 },
            new() { Optimizer = new AdamW() },
            new() { Schedule = new ConstantSchedule() },
            new() { BatchSize = 12 },
            new() { Augmentations = [] },
            new() { Mixing = new Mixup() },
            new() { FrozenStages = 1 },
            new() { BackboneLearningRateFactor = 0.5 },
            new() { InitialWeights = new Zeros() },
        ];
        Assert.Equal(requests.Length, requests.Select(request => Convert.ToHexString(Train(request).Weights)).Distinct().Count());
    }

    [Fact]
    public void The_students_start_is_for_its_own_architecture()
    {
        var plan = _plan with { InitialWeights = new Zeros(), FrozenStages = 1, BackboneLearningRateFactor = 0.5 };
        Assert.Equal(Train(new TeacherTrainingRequest { Architecture = _network }).Weights,
            Train(new TeacherTrainingRequest { Architecture = _network }, plan).Weights);
        Assert.NotEqual(Train(new TeacherTrainingRequest()).Weights, Train(new TeacherTrainingRequest(), plan).Weights);
    }

    [Fact]
    public void Each_network_has_a_seed_of_its_own()
    {
        var training = new TeacherTraining(_plan, _network, _training, null, _ => { }, default);
        using var first = training.Train(new TeacherTrainingRequest());
        using var second = training.Train(new TeacherTrainingRequest());
        Assert.NotEqual(WeightsOf(first), WeightsOf(second));
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        Assert.Equal("Epochs", Refused(() => new TeacherTrainingRequest { Epochs = 0 }));
        Assert.Equal("FrozenStages", Refused(() => new TeacherTrainingRequest { FrozenStages = -1 }));
        Assert.Equal("BackboneLearningRateFactor", Refused(() => new TeacherTrainingRequest { BackboneLearningRateFactor = 0 }));
        Assert.Equal("BatchSize", Refused(() => new TeacherTrainingRequest { BatchSize = 0 }));

        static string? Refused(Func<object> action) => Assert.Throws<ArgumentOutOfRangeException>(action).ParamName;
    }

    private static (byte[] Weights, List<string> Messages) Train(TeacherTrainingRequest request, TrainingPlan? plan = null)
    {
        var messages = new List<string>();
        using var network = new TeacherTraining(plan ?? _plan, _network, _training, null, messages.Add, default).Train(request);
        return (WeightsOf(network), messages);
    }

    private static byte[] WeightsOf(ImageNetwork network)
    {
        using var stream = new MemoryStream();
        NetworkWeights.Save(network, stream);
        return stream.ToArray();
    }

    private sealed record Zeros : InitialWeights
    {
        public override string Fingerprint => nameof(Zeros);

        public override void ApplyTo(ImageNetwork network, IReadOnlyList<string> classNames)
        {
            using var noGradient = TorchSharp.torch.no_grad();
            network.Body.parameters().Last().zero_();
        }
    }
}
