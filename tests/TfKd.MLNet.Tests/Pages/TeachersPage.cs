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

    public static TorchImageClassificationTrainer.Options LearnFromPhotosWithoutALabel(MLContext ml)
    {
        var more = ml.Data.LoadImagesFromFolder("more photos", labelled: false);
        var options = new TorchImageClassificationTrainer.Options
        {
            Objective = new KnowledgeDistillation { Alpha = 0.9, Temperature = 4 },
            Teacher = new ModelFileTeacher("teacher.zip"),
            UnlabelledSet = more,
        };
        return options;
    }
}
