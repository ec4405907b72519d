using System.Globalization;
using Microsoft.ML;

namespace QuickStart;

/// <summary>What a model says of one photo.</summary>
/// <param name="Confidence">The probability of the predicted class.</param>
internal sealed record Prediction(string ImagePath, string Predicted, float Confidence)
{
    /// <summary>The class the photo is of: the name of its folder.</summary>
    public string Label => Path.GetFileName(Path.GetDirectoryName(ImagePath))!;

    /// <summary>Predicts photos, in their order.</summary>
    public static Prediction[] Of(MLContext ml, ITransformer model, IDataView photos) =>
    [
        .. ml.Data.CreateEnumerable<Row>(model.Transform(photos), reuseRowObject: false)
            .Select(row => new Prediction(row.ImagePath, row.PredictedLabel, row.Score.Max())),
    ];

    /// <summary>Writes one prediction a line, the confidence to the last bit.</summary>
    public static void Write(string file, IEnumerable<Prediction> predictions) =>
        File.WriteAllLines(
            file,
            predictions.Select(prediction =>
                string.Create(CultureInfo.InvariantCulture, $"{prediction.ImagePath}\t{prediction.Predicted}\t{prediction.Confidence:R}")));

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static Prediction[] Read(string file) =>
    [
        .. File.ReadLines(file)
            .Select(line => line.Split('\t'))
            .Select(fields => new Prediction(fields[0], fields[1], float.Parse(fields[2], CultureInfo.InvariantCulture))),
    ];

    private sealed class Row
    {
        public string ImagePath { get; set; } = "";

        public string PredictedLabel { get; set; } = "";

        public float[] Score { get; set; } = [];
    }
}
