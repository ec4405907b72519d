using Microsoft.ML;
using TfKd.Mpi;

namespace TfKd.MLNet.Tests;

/// <summary>The program of examples/guides/replicas.md.</summary>
internal static class ReplicasPage
{
    public static void Train()
    {
        using var replicas = MpiReplicas.Join();
        var ml = new MLContext(seed: 1);
        var photos = ml.Data.LoadImagesFromFolder("photos");
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(new TorchImageClassificationTrainer.Options
            {
                Network = new ResNet { Depth = 18 },
                BatchSize = 128,
                CheckpointDirectory = "checkpoints",
                Replicas = replicas,
            }));
        var model = pipeline.Fit(photos);
        if (replicas.Rank == 0)
            ml.Model.Save(model, photos.Schema, "model.zip");
    }
}
