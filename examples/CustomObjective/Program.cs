using CustomObjective;
using Microsoft.ML;
using Microsoft.ML.Data;
using QuickStart.Drawing;
using SkiaSharp;
using TfKd;
using TfKd.MLNet;

const int PhotosPerKind = 60;

(string Name, Action<SKCanvas> DrawFace)[] kinds =
[
    ("no-entry", SignFaces.NoEntry),
    ("priority-road", SignFaces.PriorityRoad),
    ("speed-limit-30", canvas => SignFaces.SpeedLimit(canvas, "30")),
    ("stop", SignFaces.Stop),
    ("turn-left", SignFaces.TurnLeft),
    ("yield", SignFaces.Yield),
];

var ml = new MLContext(seed: 1);
var photos = Enumerable.Range(0, kinds.Length * PhotosPerKind)
    .Select(photo => (Kind: kinds[photo % kinds.Length], Random: new Random(photo)))
    .Select(photo => new { Label = photo.Kind.Name, Image = SignPhoto.Take(photo.Kind.DrawFace, photo.Random) })
    .ToList();
var split = ml.Data.TrainTestSplit(ml.Data.LoadFromEnumerable(photos), testFraction: 0.25, seed: 1);

// How to bring them, not a recipe: a teacher that knows colours alone is right less often than its student, as the report shows beside the
// table; and teachers that are as small and as briefly trained as the student have little to tell it.
var symmetric = 0.7 * new CrossEntropy() + 0.3 * new SymmetricKl { Temperature = 2 };
using var baseline = Train(new CrossEntropy(), teacher: null);
using var colours = Train(symmetric, new ColourTeacher());
using var assisted = Train(symmetric, new AssistantTeacher(Large: new SmallCnn { Width = 48 }, Assistant: new SmallCnn { Width = 24 }));
// Teachers compose: a member of an ensemble follows the student as it does alone.
using var followed = Train(symmetric, new EnsembleTeacher(new ColourTeacher(), new SnapshotTeacher { Interval = 3 }));

Console.WriteLine($"{"",-48}{"top-1",8}{"log-loss",10}");
Write("Cross entropy", baseline);
Write("Symmetric KL, taught by colours", colours);
Write("Symmetric KL, taught by an assistant", assisted);
Write("Symmetric KL, taught by colours and its own past", followed);
Console.WriteLine();
Console.WriteLine(colours.LastTransformer.Model.Card.Training.TeacherReport);

TransformerChain<TorchImageClassificationTransformer> Train(Objective objective, TeacherSource? teacher) =>
    ml.Transforms.Conversion.MapValueToKey("Label")
        .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(new TorchImageClassificationTrainer.Options
        {
            Objective = objective,
            Teacher = teacher,
            // Four views of each photo: in the later epochs the answers of a teacher that is fixed come from the cache.
            Views = 4,
            MaxEpochs = 12,
        }))
        .Fit(split.TrainSet);

void Write(string name, TransformerChain<TorchImageClassificationTransformer> model)
{
    var metrics = ml.MulticlassClassification.Evaluate(model.Transform(split.TestSet));
    Console.WriteLine($"{name,-48}{metrics.MicroAccuracy,8:P1}{metrics.LogLoss,10:F3}");
}
