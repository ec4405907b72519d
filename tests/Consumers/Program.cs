// PHOTOS: what an application does with the packages. Draws the folder of photos unless it is there, trains on it, saves, loads, predicts
// and exports, and compares what the file and the portable chain say with what the trained model says. The last line names the runtime.
using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using SkiaSharp;
using TfKd;
using TfKd.MLNet;
// Beside the library's own names, as in a program that also builds networks.
using TorchSharp.Modules;

if (!Directory.Exists(args[0]))
    Draw(args[0]);
var ml = new MLContext(seed: 1);
var photos = ml.Data.LoadImagesFromFolder(args[0]);
using var model = ml.Transforms.Conversion.MapValueToKey("Label")
    .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(new TorchImageClassificationTrainer.Options
    {
        Network = new SmallCnn { Width = 4 },
        Objective = new TfKdRegularization { Alpha = 0.1, Temperature = 20 },
        // Both namespaces have an AdamW.
        Optimizer = new TfKd.AdamW { LearningRate = 0.01 },
        MaxEpochs = 2,
    }))
    .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
    .Fit(photos);
var expected = Predictions(model);
Check(expected.Count == 30 && expected.All(row => Math.Abs(row.Score.Sum() - 1) < 1e-4), "a distribution a photo");
var metrics = ml.MulticlassClassification.Evaluate(model.Transform(photos));
Check(metrics.ConfusionMatrix.NumberOfClasses == 3, "three classes");

ml.Model.Save(model, photos.Schema, "model.zip");
Check(Same(Predictions(ml.Model.Load("model.zip", out _)), expected), "model.zip predicts the same");
using (var engine = ml.Model.CreatePredictionEngine<Photo, Prediction>(ml.Model.Load("model.zip", out _)))
{
    var path = Directory.GetFiles(args[0], "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
    Check(engine.Predict(new Photo { Image = File.ReadAllBytes(path) }).Score.SequenceEqual(expected[0].Score), "one photo's scores");
}

var transformer = model.OfType<TorchImageClassificationTransformer>().Single();
var portable = (TransformerChain<ITransformer>)transformer.ToPortable(ml, imageColumnName: "ImagePath");
var named = ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(portable.Transform(photos));
ml.Model.Save(portable.Append(named), photos.Schema, "portable.zip");
Check(Same(Predictions(ml.Model.Load("portable.zip", out _)), expected), "portable.zip predicts the same");

transformer.SaveOnnx("model.onnx");
using (var session = new InferenceSession("model.onnx"))
    Check(session.InputNames is ["images"] && session.OutputNames is ["scores"], "the ONNX model's names");
Console.WriteLine($"consumer: all well on {RuntimeInformation.FrameworkDescription}");

List<Prediction> Predictions(ITransformer trained) =>
    ml.Data.CreateEnumerable<Prediction>(trained.Transform(photos), reuseRowObject: false).ToList();

static bool Same(List<Prediction> found, List<Prediction> expected) =>
    found.Zip(expected).All(pair =>
        pair.First.PredictedLabel == pair.Second.PredictedLabel && pair.First.Score.SequenceEqual(pair.Second.Score))
    && found.Count == expected.Count;

// Thirty photos in three colours, with noise.
static void Draw(string folder)
{
    string[] classes = ["red", "green", "blue"];
    var random = new Random(1);
    for (var number = 0; number < 30; number++)
    {
        using var bitmap = new SKBitmap(32, 32);
        for (var pixel = 0; pixel < 32 * 32; pixel++)
        {
            var channels = new byte[3];
            random.NextBytes(channels);
            channels[number % 3] = 255;
            bitmap.SetPixel(pixel % 32, pixel / 32, new SKColor(channels[0], channels[1], channels[2]));
        }

        Directory.CreateDirectory(Path.Combine(folder, classes[number % 3]));
        using var file = File.Create(Path.Combine(folder, classes[number % 3], $"{number:00}.png"));
        bitmap.Encode(file, SKEncodedImageFormat.Png, 100);
    }
}

static void Check(bool holds, string what)
{
    if (!holds)
        throw new InvalidOperationException($"Expected {what}.");
}

internal sealed class Photo
{
    public string Label { get; set; } = "";

    public byte[] Image { get; set; } = Array.Empty<byte>();
}

internal sealed class Prediction
{
    public string PredictedLabel { get; set; } = "";

    public float[] Score { get; set; } = Array.Empty<float>();
}
