using System.Numerics.Tensors;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of examples/guides/embeddings.md.</summary>
internal static class EmbeddingsPage
{
    public static TorchImageClassificationTrainer.Options Embed()
    {
        var options = PhotoRecipe.Frozen() with
        {
            EmbeddingColumnName = "Features",
            TopK = 3,
        };
        return options;
    }

    public static void Published(MLContext ml, IDataView photos, string[] classNames)
    {
        using var transformer = TorchImageClassificationTransformer.Create(
            new MobileNetV2(), "mobilenet_v2.pth", classNames, ChannelStatistics.ImageNet, embeddingColumnName: "Features");
        ml.Model.Save(transformer, photos.Schema, "model.zip");
    }

    public static void Search(MLContext ml, ITransformer model)
    {
        var photos = model.Transform(ml.Data.LoadImagesFromFolder("photos"));
        var index = photos.GetColumn<string>("ImagePath").Zip(photos.GetColumn<float[]>("Features")).ToList();

        var newPhotos = model.Transform(ml.Data.LoadImagesFromFolder("new photos", labelled: false));
        var wanted = newPhotos.GetColumn<float[]>("Features").First();
        foreach (var (path, features) in index.OrderByDescending(photo => TensorPrimitives.CosineSimilarity(photo.Second, wanted)).Take(5))
            Console.WriteLine($"{TensorPrimitives.CosineSimilarity(features, wanted):F3} {path}");
    }

    public static void Cluster(MLContext ml, ITransformer model)
    {
        var photos = ml.Data.Cache(model.Transform(ml.Data.LoadImagesFromFolder("new photos", labelled: false)), "ImagePath", "Features");
        var clusters = ml.Transforms.NormalizeLpNorm("Features")
            .Append(ml.Clustering.Trainers.KMeans("Features", numberOfClusters: 3))
            .Fit(photos)
            .Transform(photos);
        foreach (var (path, cluster) in clusters.GetColumn<string>("ImagePath").Zip(clusters.GetColumn<uint>("PredictedLabel")))
            Console.WriteLine($"{cluster} {path}");
    }

    public static void Classify(MLContext ml, TorchImageClassificationTransformer transformer)
    {
        var sorted = transformer.Transform(ml.Data.LoadImagesFromFolder("sorted photos"));
        var second = ml.Transforms.Conversion.MapValueToKey("Label")
            .AppendCacheCheckpoint(ml)
            .Append(ml.Transforms.NormalizeMeanVariance("Features"))
            .Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Label", "Features"))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(sorted);
        var both = transformer.Append(second);
        var kinds = both.Transform(ml.Data.LoadImagesFromFolder("new photos", labelled: false)).GetColumn<string>("PredictedLabel");
        Console.WriteLine(string.Join(", ", kinds));
    }

    public static void Serve(MLContext ml, ITransformer model)
    {
        using var engine = ml.Model.CreatePredictionEngine<Photo, Answer>(model);
        Console.WriteLine(JsonSerializer.Serialize(engine.Predict(new Photo { Image = File.ReadAllBytes("photo.jpg") })));
    }

    public static void Export(TorchImageClassificationTransformer transformer)
    {
        transformer.SaveOnnx("search.onnx", new OnnxSettings { Embedding = true, TopK = 3 });
    }

    public sealed class Photo
    {
        public byte[] Image { get; set; } = [];

        public string Label { get; set; } = "";
    }

    public sealed class Answer
    {
        public string[] TopLabels { get; set; } = [];

        public float[] TopScores { get; set; } = [];
    }
}
