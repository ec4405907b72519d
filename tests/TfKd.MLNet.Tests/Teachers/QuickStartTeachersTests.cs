using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

public sealed class QuickStartTeachersTests(SignPhotos photos) : IClassFixture<SignPhotos>
{
    public static TheoryData<string> Teachers => TeacherKinds.Names;

    [Theory]
    [MemberData(nameof(Teachers))]
    public void A_teacher_of_each_kind_teaches_in_a_pipeline(string name)
    {
        var (ml, teacher) = (photos.ML, photos.Teachers[name].Source);
        var trainer = ml.MulticlassClassification.Trainers.TorchImageClassification(
            SignPhotos.Options with { Objective = new KnowledgeDistillation(), Teacher = teacher });
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(trainer)
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

        using var model = pipeline.Fit(photos.Rows);

        var predicted = model.Transform(photos.Rows);
        var scores = predicted.GetColumn<float[]>("Score").ToList();
        Assert.Equal(SignPhotos.Count, scores.Count);
        Assert.All(scores, score =>
        {
            Assert.Equal(SignPhotos.ClassCount, score.Length);
            Assert.All(score, probability => Assert.True(float.IsFinite(probability)));
            Assert.Equal(1, score.Sum(), 1e-5f);
        });
        Assert.Subset(photos.Rows.GetColumn<string>("Label").ToHashSet(), predicted.GetColumn<string>("PredictedLabel").ToHashSet());

        var training = Assert.Single(model.OfType<TorchImageClassificationTransformer>()).Model.Card.Training;
        Assert.Contains($"Teacher: {teacher}\n", training.Plan, StringComparison.Ordinal);
        if (teacher is PeerTeacher)
        {
            Assert.Null(training.TeacherReport);
            return;
        }

        const int HeldOutPerClass = SignPhotos.CountPerClass / 5;
        var report = Assert.IsType<TeacherReport>(training.TeacherReport);
        Assert.Equal(SignPhotos.Count - HeldOutPerClass * SignPhotos.ClassCount, report.Training.Metrics.Count);
        Assert.All(report.Training.Classes, one => Assert.Equal(SignPhotos.CountPerClass - HeldOutPerClass, one.Count));
        Assert.Equal(teacher is ScoreColumnTeacher ? null : HeldOutPerClass * SignPhotos.ClassCount, report.Validation?.Metrics.Count);
    }
}
