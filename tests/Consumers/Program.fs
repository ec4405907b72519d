// Trains on the folder 'photos' and predicts with the saved model, as a program in F#, and as a script.
open System
open System.Runtime.InteropServices
open Microsoft.ML
open Microsoft.ML.Data
open TfKd
open TfKd.MLNet

let ml = MLContext(seed = Nullable 1)
let photos = ml.Data.LoadImagesFromFolder "photos"
let rows = ml.Transforms.Conversion.MapValueToKey("Label").Fit(photos).Transform photos

let options =
    TorchImageClassificationTrainer.Options(
        Network = SmallCnn(Width = 4),
        Objective = 0.5 * CrossEntropy() + 0.5 * TfKdRegularization(Alpha = 0.1, Temperature = 20.0),
        MaxEpochs = 2
    )

let model = ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit rows

let scores (transformer: ITransformer) =
    (transformer.Transform rows).GetColumn<float32[]> "Score" |> Array.ofSeq

ml.Model.Save(model, rows.Schema, "model.zip")
let loaded, _ = ml.Model.Load "model.zip"
let expected = scores model

if expected.Length <> 30 || scores loaded <> expected then
    failwith "Expected model.zip to predict the same."

model.SaveOnnx "model.onnx"
printfn $"consumer: all well on {RuntimeInformation.FrameworkDescription}"
