using TorchSharp;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of examples/guides/objectives.md.</summary>
internal static class ObjectivesPage
{
    public static TorchImageClassificationTrainer.Options Add()
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            Objective = new CrossEntropy() + new Ramped { Inner = new DecoupledKd(), From = 0, To = 1, Epochs = 5 },
            Teacher = new ModelFileTeacher("teacher.zip"),
        };
        return options;
    }

    public static TorchImageClassificationTrainer.Options ReuseTheClassifier()
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            Network = new ProjectedNetwork(new CifarResNet { Depth = 8 }) { Channels = 128 },
            Objective = new ReusedClassifier(),
            Teacher = new TrainedTeacher(new CifarResNet { Depth = 20, Width = 32 }),
        };
        return options;
    }

    public static float Evaluate()
    {
        using var logits = torch.randn(16, 10, requires_grad: true);
        using var teacherLogits = torch.randn(16, 10);
        using var labels = torch.randint(0, 10, [16], torch.ScalarType.Int64);
        using var loss = new KnowledgeDistillation { Temperature = 4 }.Evaluate(logits, labels, teacherLogits);
        loss.backward();
        return loss.item<float>();
    }
}
