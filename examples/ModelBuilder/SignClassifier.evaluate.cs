using Microsoft.ML;
using Microsoft.ML.Data;
using SkiaSharp;

namespace ModelBuilder;

public partial class SignClassifier
{
    // A tile of the picture is a feature; three by three can still be named.
    private const int Tiles = 3;

    /// <summary>Metrics on photos that the model was not trained on.</summary>
    public static MulticlassClassificationMetrics Evaluate(
        MLContext mlContext, IDataView testData, ITransformer model, string labelColumnName = @"Label")
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        ArgumentNullException.ThrowIfNull(model);
        return mlContext.MulticlassClassification.Evaluate(
            model.Transform(testData), labelColumnName: labelColumnName, scoreColumnName: @"Score");
    }

    /// <summary>Writes accuracy and log-loss, a table of the classes, and which were taken for which.</summary>
    public static void WriteReport(TextWriter writer, MulticlassClassificationMetrics metrics, IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(metrics);
        var matrix = metrics.ConfusionMatrix;
        var width = labels.Max(label => label.Length) + 2;
        writer.WriteLine(
            $"Accuracy {metrics.MicroAccuracy:P1}, mean over classes {metrics.MacroAccuracy:P1}, log-loss {metrics.LogLoss:F3}");
        writer.WriteLine();
        writer.WriteLine($"{"class".PadRight(width)}{"photos",8}{"precision",11}{"recall",9}{"F1",9}{"log-loss",10}");
        for (var k = 0; k < labels.Count; k++)
        {
            var (precision, recall) = (matrix.PerClassPrecision[k], matrix.PerClassRecall[k]);
            var f1 = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
            writer.Write($"{labels[k].PadRight(width)}{matrix.Counts[k].Sum(),8:F0}");
            writer.WriteLine($"{precision,11:P1}{recall,9:P1}{f1,9:P1}{metrics.PerClassLogLoss[k],10:F3}");
        }

        writer.WriteLine();
        writer.WriteLine("Photos of a class (row) by the class they were taken for (column, by number)");
        writer.WriteLine($"{"",-4}{"".PadRight(width)}{string.Concat(Enumerable.Range(1, labels.Count).Select(number => $"{number,5}"))}");
        for (var k = 0; k < labels.Count; k++)
        {
            var counts = matrix.Counts[k].Select(count => count > 0 ? $"{count,5:F0}" : $"{".",5}");
            writer.WriteLine($"{k + 1,2}  {labels[k].PadRight(width)}{string.Concat(counts)}");
        }
    }

    /// <summary>
    /// Permutation feature importance for pictures. In Model Builder's code a feature is a column, and is permuted between the rows; here
    /// there is one column, and a model without its picture knows nothing. So a feature is a tile of the picture, of three by three: it
    /// comes from another photo, and what accuracy that costs is what the model sees there. A model that lives on the corners has learnt
    /// the background.
    /// </summary>
    /// <param name="trainData">
    /// The photos, with the columns Label and ImageSource: better ones held out. Each is decoded and predicted ten times.
    /// </param>
    /// <returns>The tiles, the most important first, each with the accuracy it costs.</returns>
    public static List<Tuple<string, double>> CalculatePFI(
        MLContext mlContext, IDataView trainData, ITransformer model, string labelColumnName)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        ModelInput[] rows = [.. mlContext.Data.CreateEnumerable<ModelInput>(trainData, reuseRowObject: false, ignoreMissingColumns: false)];
        if (rows.Length < 2)
            throw new ArgumentException($"A tile must come from another photo, but there are {rows.Length} photos.", nameof(trainData));
        // Always the same derangement, so that two models are compared on the same pictures: the next one in a random order.
        var order = Enumerable.Range(0, rows.Length).ToArray();
        new Random(1).Shuffle(order);
        var others = new int[rows.Length];
        for (var i = 0; i < order.Length; i++)
            others[order[i]] = order[(i + 1) % order.Length];

        var whole = Accuracy(rows);
        return
        [
            .. Enumerable.Range(0, Tiles * Tiles)
                .Select(tile => Tuple.Create(TileName(tile), whole - Accuracy(WithTiles(tile))))
                .OrderByDescending(importance => importance.Item2),
        ];

        IEnumerable<ModelInput> WithTiles(int tile) => rows.AsParallel().AsOrdered().Select((row, i) => new ModelInput
        {
            Label = row.Label,
            ImageSource = WithTile(row.ImageSource, rows[others[i]].ImageSource, tile),
        });

        double Accuracy(IEnumerable<ModelInput> photos) =>
            Evaluate(mlContext, mlContext.Data.LoadFromEnumerable([.. photos]), model, labelColumnName).MicroAccuracy;
    }

    private static string TileName(int tile) =>
        $"{new[] { "top", "middle", "bottom" }[tile / Tiles]} {new[] { "left", "centre", "right" }[tile % Tiles]}";

    /// <summary>A photo with one tile of another one, as a PNG file.</summary>
    private static byte[] WithTile(byte[] photo, byte[] other, int tile)
    {
        using var picture = Decode(photo);
        using var source = Decode(other);
        using (var canvas = new SKCanvas(picture))
            canvas.DrawBitmap(source, TileOf(source, tile), TileOf(picture, tile));
        using var encoded = picture.Encode(SKEncodedImageFormat.Png, 100);
        return encoded.ToArray();
    }

    private static SKBitmap Decode(byte[] photo) =>
        SKBitmap.Decode(photo) ?? throw new InvalidDataException($"{photo.Length} bytes are not an image of a known format.");

    private static SKRect TileOf(SKBitmap picture, int tile) =>
        SKRect.Create(
            picture.Width * (tile % Tiles) / (float)Tiles,
            picture.Height * (tile / Tiles) / (float)Tiles,
            picture.Width / (float)Tiles,
            picture.Height / (float)Tiles);
}
