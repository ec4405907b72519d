using Microsoft.ML;

namespace TfKd.MLNet.Tests;

/// <summary>A tiny problem with a teacher of every kind, made once for all pairs.</summary>
public sealed class ObjectivePairsProblem : IDisposable
{
    private readonly TorchImageClassificationTransformer _model = new(TestModels.WithNetwork(), TestModels.Columns);

    public ObjectivePairsProblem()
    {
        var rows = TestRows.Make(32);
        Teachers = new TeacherKinds(_model, new MLContext().Data.LoadFromEnumerable(rows), "Scores", TestRows.Names);
        var pixels = new byte[TestImages.Shape.ByteCount];
        foreach (var row in rows)
        {
            ImageDecoder.Decode(row.Image, TestImages.Shape, pixels);
            var label = row.Number % 3;
            Rows.Add(
                pixels, label, teacherScores: [.. TestRows.Names.Select((_, i) => i == label ? 0.7f : i == (label + 1) % 3 ? 0.2f : 0.1f)]);
        }
    }

    internal TeacherKinds Teachers { get; }

    internal DecodedCache Rows { get; } = new(TestImages.Shape, TestRows.Names) { TeacherClassNames = TestRows.Names };

    public void Dispose()
    {
        Teachers.Dispose();
        _model.Dispose();
    }
}
