using Microsoft.ML;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of examples/guides/teachers.md.</summary>
internal static class TeachersPage
{
    public static TorchImageClassificationTrainer.Options LearnFromAModel()
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            Objective = new CrossEntropy() + new DecoupledKd(),
            Teacher = new ModelFileTeacher("teacher.zip"),
            TeacherCache = new() { Directory = "answers" },
            CalibrateScores = true,
        };
        return options;
    }

    public static TeacherSource OfAnotherFramework()
    {
        var teacher = new OnnxTeacher("teacher.onnx")
        {
            ClassNames = ["daisy", "rose", "tulip"],
            Normalization = ChannelStatistics.ImageNet,
            Output = TeacherOutput.Logits,
        };
        return teacher;
    }

    public static TorchImageClassificationTrainer.Options LearnFromOptions()
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            Objective = new KnowledgeDistillation { Alpha = 0.9, Temperature = 2 },
            Teacher = PhotoRecipe.FineTuned(160).ToTeacher(),
        };
        return options;
    }

    public static TorchImageClassificationTransformer? TeachInSteps(
        MLContext ml, IDataView photos, TorchImageClassificationTrainer.Options options, IReadOnlyList<NetworkArchitecture> networks)
    {
        TorchImageClassificationTransformer? model = null;
        foreach (var network in networks)
        {
            var step = options with { Network = network };
            if (model is not null)
                step = step with { Objective = new KnowledgeDistillation { Alpha = 0.9 }, Teacher = new ModelTeacher(model) };
            model = ml.MulticlassClassification.Trainers.TorchImageClassification(step).Fit(photos);
        }

        return model;
    }

    public static TeacherSource FineTunedFirst()
    {
        var teacher = new TrainedTeacher(new ResNet { Depth = 20 })
        {
            Epochs = 8,
            Recipe = new TeacherRecipe
            {
                InitialWeights = Pretrained.ResNet18,
                LinearProbe = new LinearProbe(),
                FrozenStages = 3,
                BatchSize = 32,
                Optimizer = new AdamW { LearningRate = 0.0001 },
                ImageWidth = 224,
                ImageHeight = 224,
            },
        };
        teacher = teacher with { Recipe = teacher.Recipe! with { Augmentations = [new HorizontalFlip()] } };
        return teacher;
    }
}
