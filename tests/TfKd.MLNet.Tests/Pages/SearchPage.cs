using Microsoft.ML;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of examples/guides/search.md.</summary>
internal static class SearchPage
{
    public static void Search(MLContext ml, IDataView rows)
    {
        var options = PhotoRecipe.FineTuned(photoCount: 200) with { ValidationSetFraction = 0.2f };
        var search = ml.MulticlassClassification.Trainers.TuneTorchImageClassification(
            space => options with
            {
                Optimizer = new TfKd.AdamW { LearningRate = space.UniformDouble("LearningRate", 0.00001, 0.001, logBase: true) },
                FrozenStages = space.UniformInt("FrozenStages", 2, 4),
                Objective = space.Choice<Objective>("Objective", new CrossEntropy(), new LabelSmoothing()),
            },
            new SearchSettings
            {
                Method = new SuccessiveHalving(),
                MaxTrials = 27,
                TimeBudget = TimeSpan.FromMinutes(30),
                Directory = "search",
                ReportPath = "search.html",
            });
        using var found = search.Execute(rows);
        Console.WriteLine(found.Search);
        ml.Model.Save(found.Model, rows.Schema, "model.zip");
    }

    public static TorchImageClassificationTrainer.Options FindRate(
        MLContext ml, IDataView rows, TorchImageClassificationTrainer.Options options)
    {
        var trainer = ml.MulticlassClassification.Trainers.TorchImageClassification(options);
        var curve = trainer.FindLearningRate(rows);
        Console.WriteLine(curve);
        curve.WriteHtml("learning-rate.html");
        options = options with { Optimizer = options.Optimizer with { LearningRate = curve.Suggested } };
        return options;
    }

    public static void SearchPlans(IImageSource training, IImageSource validation)
    {
        var search = new PlanSearch(new SearchSettings { MaxTrials = 10 });
        using var found = search.Run(new CifarResNet(), training, validation, space => new TrainingPlan
        {
            Objective = new KnowledgeDistillation { Temperature = space.UniformDouble("Temperature", 1, 20), Alpha = 0.9 },
            Teacher = new WeightFileTeacher(new ResNet { Depth = 34 }, "teacher.pth") { Normalization = ChannelStatistics.ImageNet },
            MaxEpochs = 30,
        });
        Console.WriteLine(found.Search);
    }
}
