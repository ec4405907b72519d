using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using TfKd.Tests;

namespace TfKd.MLNet.Tests;

public sealed class SharedPhotosTests
{
    [Fact]
    public void Another_process_predicts_four_hundred_photos_as_the_one_that_trained()
    {
        using var folder = new TemporaryFolder();
        var ml = new MLContext(seed: 1);
        var photos = ml.Data.LoadImagesFromFolder(Shared.Require("data/cracks"));
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(
                new TorchImageClassificationTrainer.Options { Network = new SmallCnn(), MaxEpochs = 2 }))
            .Append(ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel"));
        using var model = pipeline.Fit(photos);
        ml.Model.Save(model, photos.Schema, folder.File("model.zip"));

        var scored = model.Transform(photos);
        var labels = scored.GetColumn<string>("Name").ToArray();
        var scores = scored.GetColumn<float[]>("Score").ToArray();
        var expected = labels.Select((label, row) => $"{label} {string.Join(' ', scores[row].Select(Bits))}");

        Assert.Equal(400, labels.Length);
        Assert.Equal(expected, LoadProbe.Run(folder.File("model.zip"), photos.GetColumn<string>("ImagePath")));

        static string Bits(float score) => BitConverter.SingleToUInt32Bits(score).ToString("x8", CultureInfo.InvariantCulture);
    }
}
