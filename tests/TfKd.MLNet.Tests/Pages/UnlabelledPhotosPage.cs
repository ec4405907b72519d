using Microsoft.ML;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of examples/guides/unlabelled-photos.md.</summary>
internal static class UnlabelledPhotosPage
{
    public static TorchImageClassificationTrainer.Options LearnFromAModel(MLContext ml)
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

    public static TorchImageClassificationTrainer.Options LearnFromFewLabels(MLContext ml)
    {
        var options = PhotoRecipe.SmallStudent(photoCount: 100, unlabelledCount: 900) with
        {
            UnlabelledSet = ml.Data.LoadImagesFromFolder("more photos", labelled: false),
        };
        return options;
    }

    public static IDataView LeaveOutTheStrange(MLContext ml, ITransformer teacher, IDataView more)
    {
        var scored = ml.Data.FilterByCustomPredicate<Scored>(teacher.Transform(more), row => row.Score.Max() < 0.5f);
        return scored;
    }

    public sealed class Scored
    {
        public float[] Score { get; set; } = [];
    }
}
