using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>
/// The model that a fixture is of: how its training rows and the rows that it was asked about are drawn, and what was recorded of it.
/// </summary>
internal sealed record RecordedModel
{
    public const string ModelFile = "model.zip";

    public const string RecordFile = "model.json";

    public static readonly SmallCnn Network = new() { Width = 2, InputShape = new ImageShape(3, 8, 8) };

    public required IReadOnlyList<string> ClassNames { get; init; }

    public required string Architecture { get; init; }

    public required string Plan { get; init; }

    public required double Temperature { get; init; }

    public required IReadOnlyList<ModelMetric> Metrics { get; init; }

    public required IReadOnlyList<ClassRows> Rows { get; init; }

    public required string TeacherReport { get; init; }

    /// <summary>Predicted labels and scores of <see cref="Probes"/>.</summary>
    public required IReadOnlyList<Answer> Answers { get; init; }

    public static IDataView TrainingRows(MLContext ml) => Draw(ml, 120, seed: 1);

    public static IDataView Probes(MLContext ml) => Draw(ml, 12, seed: 2);

    /// <summary>What a model, just trained or loaded, says of itself and of the probes.</summary>
    public static RecordedModel Of(MLContext ml, ITransformer chain)
    {
        var model = ((IEnumerable<ITransformer>)chain).OfType<TorchImageClassificationTransformer>().Single().Model;
        var answers = chain.Transform(Probes(ml));
        var labels = answers.GetColumn<string>("PredictedLabel");
        return new()
        {
            ClassNames = model.ClassNames,
            Architecture = JsonSerializer.Serialize(model.Card.Architecture),
            Plan = model.Card.Training.Plan,
            Temperature = model.Temperature,
            Metrics = model.Card.Training.Metrics,
            Rows = model.Card.Training.Rows,
            TeacherReport = model.Card.Training.TeacherReport!.ToString(),
            Answers = [.. labels.Zip(answers.GetColumn<float[]>("Score"), (label, scores) => new Answer(label, scores))],
        };
    }

    // Each class is brighter in one channel, under noise.
    private static IDataView Draw(MLContext ml, int count, int seed)
    {
        var random = new Random(seed);
        var plane = Network.InputShape.Height * Network.InputShape.Width;
        string[] names = ["red", "green", "blue"];
        return ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(row => new Sample
        {
            Label = names[row % 3],
            Image = [.. Enumerable.Range(0, 3 * plane).Select(i => (float)random.Next(160) + (i / plane == row % 3 ? 15 : 0))],
        }).ToList());
    }

    /// <summary>A row's predicted label, and its scores.</summary>
    internal sealed record Answer(string Label, float[] Scores);

    private sealed class Sample
    {
        public string Label { get; set; } = "";

        [VectorType(3, 8, 8)]
        public float[] Image { get; set; } = [];
    }
}
