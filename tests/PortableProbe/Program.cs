using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

// MODEL IMAGE...: loads the model and prints the names of its columns, then for each image the predicted label, the scores' bits and the
// slot names.
var ml = new MLContext();
var model = ml.Model.Load(args[0], out _);
var scored = model.Transform(ml.Data.LoadFromEnumerable(args[1..].Select(path => new Input { Image = path })));
VBuffer<ReadOnlyMemory<char>> names = default;
scored.Schema["Score"].GetSlotNames(ref names);
Console.WriteLine(string.Join(' ', scored.Schema.Where(column => !column.IsHidden).Select(column => column.Name)));
foreach (var row in ml.Data.CreateEnumerable<Output>(scored, reuseRowObject: false))
    Console.WriteLine(
        $"{row.Name} {string.Join(' ', row.Score.Select(score => BitConverter.SingleToUInt32Bits(score).ToString("x8", CultureInfo.InvariantCulture)))} {string.Join(' ', names.DenseValues())}");
using (var engine = ml.Model.CreatePredictionEngine<Input, Output>(model))
    Console.WriteLine(engine.Predict(new Input { Image = args[1] }).Name);

internal sealed class Input
{
    public string Image { get; set; } = "";

    /// <summary>Where the model reads the paths of LoadImagesFromFolder.</summary>
    public string ImagePath => Image;
}

internal sealed class Output
{
    public string Name { get; set; } = "";

    public float[] Score { get; set; } = [];
}
