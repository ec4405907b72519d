using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Completes the report on a teacher when its run is over.</summary>
internal static class TeacherReporting
{
    /// <param name="plan">What was run.</param>
    /// <param name="teacher">Who taught.</param>
    /// <param name="training">What was gathered in the last epoch.</param>
    /// <param name="student">Who learnt, with its final weights and in evaluation mode.</param>
    /// <param name="validation">Rows that nobody learnt from, or null.</param>
    /// <param name="path">Which kernels compute.</param>
    /// <param name="token">Stops between batches.</param>
    public static TeacherReport Report(
        TrainingPlan plan, ITeacher teacher, TeacherStatistics training, ImageNetwork student, IImageSource? validation, ComputePath path, CancellationToken token)
    {
        var temperature = plan.Objective.TeacherTemperature;
        var figures = validation is null || teacher.KnowsTrainingRowsOnly ? null : OnValidation(teacher, new TeacherStatistics(validation.ClassNames, temperature), student, validation, plan.BatchSize, path, token);
        return new TeacherReport(temperature, training.ToFigures(), figures);
    }

    private static TeacherFigures OnValidation(
        ITeacher teacher, TeacherStatistics statistics, ImageNetwork student, IImageSource validation, int batchSize, ComputePath path, CancellationToken token)
    {
        var device = student.Device;
        foreach (var loaded in new BatchLoader(validation, batchSize).ReadInOrder(token))
        {
            using (loaded)
            using (NewDisposeScope())
            using (no_grad())
            using (path.Enter())
            {
                var targets = Targets.FromLabels(loaded.Labels.to(device), student.ClassCount);
                var batch = new ImageBatch(loaded.Images.to(device), targets, loaded.RowIds, View: 0);
                statistics.Add(teacher.Teach(batch).Logits, student.Run(path.Arrange(batch.Images)).Logits, targets.Labels!);
            }
        }

        return statistics.ToFigures();
    }
}
