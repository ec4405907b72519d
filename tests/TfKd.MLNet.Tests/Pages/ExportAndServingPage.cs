using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of examples/guides/export-and-serving.md.</summary>
internal static class ExportAndServingPage
{
    public static void Export(MLContext ml, ITransformer model, TorchImageClassificationTransformer transformer, IDataView rows)
    {
        ml.Model.Save(model, rows.Schema, "model.zip");
        transformer.SaveOnnx("model.onnx");
        ml.Model.Save(transformer.ToPortable(ml), rows.Schema, "portable.zip");
        transformer.Model.SaveCard("model.md");
    }

    public static void PredictMany()
    {
        var ml = new MLContext();
        var model = ml.Model.Load("model.zip", out _);
        var predictions = model.Transform(ml.Data.LoadImagesFromFolder("new photos", labelled: false));
        foreach (var (path, label) in predictions.GetColumn<string>("ImagePath").Zip(predictions.GetColumn<string>("PredictedLabel")))
            Console.WriteLine($"{Path.GetFileName(path)} {label}");
    }

    public static TorchImageClassificationTrainer.Options BeSure()
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            CalibrateScores = true,
            Rejection = new Rejection { Threshold = 0.6, Label = "unknown" },
        };
        return options;
    }
}
