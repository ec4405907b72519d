using Microsoft.ML;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of examples/guides/transfer-learning.md.</summary>
internal static class TransferLearningPage
{
    public static TorchImageClassificationTrainer.Options FewPhotos()
    {
        var options = PhotoRecipe.Frozen() with { MetricsCallback = Console.WriteLine };
        return options;
    }

    public static TorchImageClassificationTrainer.Options Small(MLContext ml)
    {
        var options = PhotoRecipe.SmallStudent(photoCount: 40, unlabelledCount: 120) with
        {
            UnlabelledSet = ml.Data.LoadImagesFromFolder("more photos", labelled: false),
            Teacher = PhotoRecipe.Frozen().ToTeacher() with { ReadsFiles = true },
        };
        return options;
    }

    public static void Transfer(MLContext ml, IDataView photos)
    {
        var squeezeNet = new SqueezeNet();
        var options = new TorchImageClassificationTrainer.Options
        {
            Network = squeezeNet,
            WeightsPath = "squeezenet1_0.pth",
            Normalization = ChannelStatistics.ImageNet,
            FrozenStages = squeezeNet.GetStages().Count,
            Augmentations = [],
            Optimizer = new AdamW(),
        };
        var rows = ml.Transforms.Conversion.MapValueToKey("Label").Fit(photos).Transform(photos);
        using var model = ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(rows);
    }

    public static TorchImageClassificationTrainer.Options GoOn(MLContext ml)
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            InitialModel = ml.Model.Load("model.zip", out _),
            Optimizer = new Sgd { LearningRate = 0.005 },
            MaxEpochs = 10,
        };
        return options;
    }

    public static void Published(MLContext ml, IDataView photos, string[] classNames)
    {
        using var transformer = TorchImageClassificationTransformer.Create(
            new MobileNetV2(), "mobilenet_v2.pth", classNames, ChannelStatistics.ImageNet);
        ml.Model.Save(transformer, photos.Schema, "model.zip");
    }
}
