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

    private static readonly TeacherRecipe _recipe = new()
    {
        Optimizer = _plan.Optimizer,
        Schedule = _plan.Schedule,
        BatchSize = _plan.BatchSize,
        Augmentations = _plan.Augmentations,
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
            Recipe = _recipe,
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
            .. new[]
            {
                _recipe with { Optimizer = new AdamW() },
                _recipe with { Schedule = new ConstantSchedule() },
                _recipe with { BatchSize = 12 },
                _recipe with { AccumulateSteps = 2 },
                _recipe with { MaxGradientNorm = 0.01 },
                _recipe with { WeightAverage = new WeightAverage() },
                _recipe with { Augmentations = [] },
                _recipe with { Mixing = new Mixup() },
                _recipe with { FrozenStages = 1 },
                _recipe with { BackboneLearningRateFactor = 0.5 },
                _recipe with { InitialWeights = new Zeros() },
                _recipe with { LinearProbe = new LinearProbe { MirroredImages = false, Strengths = [0.01] } },
                _recipe with { Normalization = ChannelStatistics.ImageNet },
                _recipe with { ImageWidth = 20 },
                _recipe with { ImageHeight = 20 },
            }.Select(recipe => new TeacherTrainingRequest { Recipe = recipe }),
        ];
        Assert.Equal(requests.Length, requests.Select(request => Convert.ToHexString(Train(request).Weights)).Distinct().Count());
    }

    [Fact]
    public void The_students_start_is_for_its_own_architecture()
    {
        var plan = _plan with
        {
            InitialWeights = new Zeros(),
            LinearProbe = new LinearProbe(),
            FrozenStages = 1,
            BackboneLearningRateFactor = 0.5,
        };
        Assert.Equal(Train(new TeacherTrainingRequest { Architecture = _network }).Weights,
            Train(new TeacherTrainingRequest { Architecture = _network }, plan).Weights);
        Assert.NotEqual(Train(new TeacherTrainingRequest()).Weights, Train(new TeacherTrainingRequest(), plan).Weights);
    }

    [Fact]
    public void A_recipe_takes_nothing_of_the_students_run()
    {
        var plan = _plan with
        {
            InitialWeights = new Zeros(),
            LinearProbe = new LinearProbe(),
            FrozenStages = 1,
            BackboneLearningRateFactor = 0.5,
            Normalization = ChannelStatistics.ImageNet,
            Augmentations = [new HorizontalFlip()],
            Views = 1,
            Mixing = new Mixup(),
            BatchSize = 7,
            AccumulateSteps = 3,
            Optimizer = new AdamW(),
            MaxGradientNorm = 0.01,
            WeightAverage = new WeightAverage(),
            Schedule = new ConstantSchedule(),
        };
        var request = new TeacherTrainingRequest { Recipe = _recipe };
        Assert.Equal(Train(request).Weights, Train(request, plan).Weights);
        Assert.NotEqual(Train(request).Weights, Train(new TeacherTrainingRequest(), plan).Weights);
    }

    [Fact]
    public void The_students_recipe_is_what_trains_a_network_like_it()
    {
        var plan = _plan with
        {
            FrozenStages = 1,
            Optimizer = new AdamW(),
            MaxGradientNorm = 1,
            Normalization = ChannelStatistics.ImageNet,
        };
        var training = new TeacherTraining(plan, _network, _training, null, _ => { }, default);
        Assert.Equal(Train(new(), plan).Weights, Train(new() { Recipe = training.StudentRecipe }, plan).Weights);
    }

    [Fact]
    public void Rows_are_resized_as_the_teacher_will_see_them()
    {
        var shape = new ImageShape(3, 24, 20);
        var rows = ResizedRows.Of(_training, shape);
        Assert.Same(_training, ResizedRows.Of(_training, _training.Shape));
        Assert.Equal((_training.Count, shape), (rows.Count, rows.Shape));
        var (before, after) = (new byte[_training.Shape.ByteCount], new byte[shape.ByteCount]);
        _training.ReadPixels(5, before);
        rows.ReadPixels(5, after);
        Assert.Equal(_training.GetLabel(5), rows.GetLabel(5));
        // The rule of bilinear resizing with half-pixel centres, in plain numbers.
        var expected = (int channel, int y, int x) =>
        {
            var (down, across) = (Math.Clamp((y + 0.5) * 16 / 24 - 0.5, 0, 15), Math.Clamp((x + 0.5) * 16 / 20 - 0.5, 0, 15));
            var (top, left) = ((int)down, (int)across);
            var (bottom, right) = (Math.Min(top + 1, 15), Math.Min(left + 1, 15));
            double At(int row, int column) => before[channel * 256 + row * 16 + column];
            return (1 - (down - top)) * ((1 - (across - left)) * At(top, left) + (across - left) * At(top, right))
                + (down - top) * ((1 - (across - left)) * At(bottom, left) + (across - left) * At(bottom, right));
        };
        for (var i = 0; i < after.Length; i++)
            Assert.InRange(after[i] - expected(i / 480, i % 480 / 20, i % 20), -0.51, 0.51);
    }

    [Fact]
    public void A_teacher_of_another_size_is_asked_at_its_own()
    {
        var source = new TrainedTeacher(_network) { Epochs = 1, Recipe = _recipe with { ImageWidth = 24, ImageHeight = 24 } };
        var context = new TeacherContext(_training.ClassNames, _training.Shape, TorchSharp.torch.CPU)
        {
            TeacherTraining = new TeacherTraining(_plan, _network, _training, null, _ => { }, default),
        };
        using var scope = TorchSharp.torch.NewDisposeScope();
        using var teacher = source.Open(context);
        using var same = new TeacherTraining(_plan, _network, _training, null, _ => { }, default)
            .Train(new() { Architecture = _network, Objective = source.Objective, Epochs = 1, Recipe = source.Recipe });
        Assert.Equal(new ImageShape(3, 24, 24), same.Architecture.InputShape);
        same.eval();
        using var noGradient = TorchSharp.torch.no_grad();
        var images = TorchSharp.torch.randint(0, 256, [4, 3, 16, 16], TorchSharp.torch.ScalarType.Float32);
        var targets = Targets.FromLabels(TorchSharp.torch.zeros(4, TorchSharp.torch.ScalarType.Int64), 4);
        var expected = same.call(TorchSharp.torch.nn.functional.interpolate(
            images, [24, 24], mode: TorchSharp.torch.InterpolationMode.Bilinear, align_corners: false));
        Assert.True(teacher.Teach(new ImageBatch(images, targets, [], 0)).Logits.allclose(expected, rtol: 1e-4, atol: 1e-4));
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
        Assert.Equal("FrozenStages", Refused(() => new TeacherRecipe { FrozenStages = -1 }));
        Assert.Equal("BackboneLearningRateFactor", Refused(() => new TeacherRecipe { BackboneLearningRateFactor = 0 }));
        Assert.Equal("BatchSize", Refused(() => new TeacherRecipe { BatchSize = 0 }));
        Assert.Equal("AccumulateSteps", Refused(() => new TeacherRecipe { AccumulateSteps = 0 }));
        Assert.Equal("MaxGradientNorm", Refused(() => new TeacherRecipe { MaxGradientNorm = 0 }));
        Assert.Equal("ImageWidth", Refused(() => new TeacherRecipe { ImageWidth = -1 }));
        Assert.Equal("ImageHeight", Refused(() => new TeacherRecipe { ImageHeight = -1 }));

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
