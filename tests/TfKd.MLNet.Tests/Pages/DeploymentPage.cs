using Microsoft.ML;
using Microsoft.ML.TorchSharp;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of examples/guides/deployment.md.</summary>
internal static class DeploymentPage
{
    public static object[] BesideMicrosoftTorchSharp()
    {
        var ml = new MLContext(seed: 1) { GpuDeviceId = 0, FallbackToCpu = true };
        TorchRuntime.EnsureLoaded();
        var texts = ml.MulticlassClassification.Trainers.TextClassification(sentence1ColumnName: "Text");
        var photos = ml.MulticlassClassification.Trainers.TorchImageClassification(PhotoRecipe.Frozen());
        return [texts, photos];
    }
}
