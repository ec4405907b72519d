using TorchSharp;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of examples/guides/research.md.</summary>
internal static class ResearchPage
{
    public static void Train(IImageSource training, IImageSource validation)
    {
        var cifar100 = new ChannelStatistics([0.507, 0.487, 0.441], [0.267, 0.256, 0.276]);
        var plan = new TrainingPlan
        {
            Objective = new CrossEntropy() + new Ramped { Inner = new DecoupledKd(), Epochs = 20 },
            Teacher = new WeightFileTeacher(new CifarResNet { Depth = 56 }, "resnet56.pth") { Normalization = cifar100 },
            Augmentations = [new RandomCrop(), new HorizontalFlip()],
            Optimizer = new Sgd { LearningRate = 0.1 },
            Schedule = new StepSchedule { Milestones = [60, 120, 160] },
            MaxEpochs = 200,
            Seed = 1,
        };
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(new CifarResNet { Depth = 20 }, training.ClassNames);
        var result = trainer.Run(student, training, validation);
        Console.WriteLine(Evaluator.Evaluate(student, validation).Top1);
    }

    public static TorchImageClassificationTrainer.Options Own()
    {
        var own = new TorchImageClassificationTrainer.Options
        {
            Network = new TwoLayers { Width = 48 },
            Objective = new CrossEntropy() + 0.001 * new LogitNorm(),
            Augmentations = [new Darkening { Least = 0.7 }],
            Optimizer = new AdamaxSettings(),
            Schedule = new LinearSchedule(),
        };
        return own;
    }

    public static void Loop()
    {
        using var network = new CifarResNet { Depth = 8 }.Build(classCount: 10);
        using var optimizer = new Sgd { LearningRate = 0.1 }.Create(network.parameters());
        var objective = new LabelSmoothing { Smoothing = 0.1 };
        for (var step = 0; step < 3; step++)
        {
            using var scope = torch.NewDisposeScope();
            var images = torch.randint(0, 256, [16, 3, 32, 32], torch.ScalarType.Float32);
            var labels = torch.randint(0, 10, [16], torch.ScalarType.Int64);
            optimizer.zero_grad();
            var loss = objective.Evaluate(network.call(images), labels);
            loss.backward();
            optimizer.step();
        }
    }

    public sealed record LogitNorm : Objective
    {
        public override ObjectiveNeeds Needs => ObjectiveNeeds.None;

        protected override torch.Tensor ComputeCore(ObjectiveInput input) =>
            input.MeanOverRows(input.Student.Logits.square().sum(1), "logit_norm");
    }

    public sealed record Darkening : Augmentation
    {
        public double Least { get; init; } = 0.5;

        protected override torch.Tensor ApplyCore(torch.Tensor images, RowRandom random)
        {
            var factors = torch.tensor(random.NextDoubles(Least, 1), torch.ScalarType.Float32, images.device).reshape(-1, 1, 1, 1);
            return (images * factors).to(images.dtype);
        }
    }

    public sealed record LinearSchedule : LearningRateSchedule
    {
        public override double Factor(double epoch, int maxEpochs) => 1 - epoch / maxEpochs;
    }

    public sealed record AdamaxSettings : OptimizerSettings
    {
        public AdamaxSettings() => LearningRate = 0.002;

        public override TorchSharp.Modules.OptimizerHelper Create(IEnumerable<TorchSharp.Modules.Parameter> parameters) =>
            torch.optim.Adamax(parameters, LearningRate);
    }

    public sealed record TwoLayers() : NetworkArchitecture(new ImageShape(3, 32, 32))
    {
        public int Width { get; init; } = 32;

        protected override torch.nn.Module<torch.Tensor, torch.Tensor> BuildBody(int classCount) => torch.nn.Sequential(
            ("conv1", torch.nn.Conv2d(InputShape.Channels, Width, 3, padding: 1)),
            ("relu", torch.nn.ReLU()),
            ("pool", torch.nn.AdaptiveAvgPool2d(1)),
            ("flatten", torch.nn.Flatten()),
            ("fc", torch.nn.Linear(Width, classCount)));
    }
}
