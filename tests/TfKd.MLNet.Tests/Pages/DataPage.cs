using Microsoft.ML;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of examples/guides/data.md.</summary>
internal static class DataPage
{
    public static IDataView TrainOnPaths(MLContext ml)
    {
        var samples = Directory.EnumerateFiles("photos", "*.png", SearchOption.AllDirectories)
            .Select(path => new Sample { Label = Path.GetFileName(Path.GetDirectoryName(path)!), Image = path })
            .ToList();
        var data = ml.Data.LoadFromEnumerable(samples);
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.TorchImageClassification());
        return pipeline.Fit(data).Transform(data);
    }

    public static void RaiseALimit()
    {
        ImageLimits.Current = ImageLimits.Current with { MaxPixels = 1L << 28 };
    }

    public static TorchImageClassificationTrainer.Options Augment()
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            Augmentations = [new RandomCrop { Padding = 4 }, new HorizontalFlip(), new ColorJitter()],
            Mixing = new RandomMixing(new Mixup(), new CutMix()),
        };
        return options;
    }

    public static TorchImageClassificationTrainer.Options Weigh()
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            ClassWeighting = new EffectiveNumberWeighting(),
            ExampleWeightColumnName = "Weight",
        };
        return options;
    }

    public sealed class Sample
    {
        public string Label { get; set; } = "";
        public string Image { get; set; } = "";
    }
}
