using Microsoft.ML;
using QuickStart.Drawing;
using SkiaSharp;

namespace TfKd.MLNet.Tests;

/// <summary>A few photos of traffic signs as QuickStart draws them, with a teacher of every kind that knows them.</summary>
public sealed class SignPhotos : IDisposable
{
    public const int CountPerClass = 10;

    private static readonly (string Name, Action<SKCanvas> DrawFace)[] _signs =
    [
        ("priority-road", SignFaces.PriorityRoad),
        ("speed-limit-30", canvas => SignFaces.SpeedLimit(canvas, "30")),
        ("stop", SignFaces.Stop),
        ("turn-left", SignFaces.TurnLeft),
        ("yield", SignFaces.Yield),
    ];

    private readonly TorchImageClassificationTransformer _scorer;

    public SignPhotos()
    {
        var photos = Enumerable.Range(0, Count).Select(photo =>
        {
            // The kinds take turns.
            var (name, drawFace) = _signs[photo % ClassCount];
            return new Photo { Label = name, Image = SignPhoto.Take(drawFace, new Random(photo)) };
        });
        var drawn = ML.Data.LoadFromEnumerable(photos.ToList());
        var keyed = ML.Transforms.Conversion.MapValueToKey("Label").Fit(drawn).Transform(drawn);
        using var model = ML.MulticlassClassification.Trainers.TorchImageClassification(Options).Fit(keyed);
        _scorer = new TorchImageClassificationTransformer(model.Model, new TransformerColumns("Image", "TeacherScore", "TeacherLabel"));
        Rows = _scorer.Transform(drawn);
        Teachers = new TeacherKinds(_scorer, drawn, "TeacherScore", [.. _signs.Select(sign => sign.Name)]);
    }

    public static int ClassCount => _signs.Length;

    public static int Count => ClassCount * CountPerClass;

    internal static TorchImageClassificationTrainer.Options Options { get; } = new()
    {
        Network = new SmallCnn { InputShape = new ImageShape(3, 32, 32), Width = 8 },
        BatchSize = 16,
        MaxEpochs = 2,
        ValidationSetFraction = 0.2f,
    };

    internal MLContext ML { get; } = new(seed: 1);

    internal IDataView Rows { get; }

    internal TeacherKinds Teachers { get; }

    public void Dispose()
    {
        Teachers.Dispose();
        _scorer.Dispose();
    }

    private sealed class Photo
    {
        public string Label { get; set; } = "";

        public byte[] Image { get; set; } = [];
    }
}
