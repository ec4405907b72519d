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
    /// <param name="token">Stops between batches.</param>
    /// <returns>The report, and the class that the teacher puts each validation row into; null where it was not asked.</returns>
    public static (TeacherReport Report, IReadOnlyList<int>? Predictions) Report(
        TrainingPlan plan,
        Teacher teacher,
        TeacherStatistics training,
        ImageNetwork student,
        IImageSource? validation,
        CancellationToken token)
    {
        var temperature = plan.Objective.TeacherTemperature;
        if (validation is null || teacher.KnowsTrainingRowsOnly)
            return (new TeacherReport(temperature, training.ToFigures(), null) { HasTargets = HasTargets(plan, student) }, null);
        var predictions = new List<int>();
        var statistics = new TeacherStatistics(validation.ClassNames, plan.Objective) { Predictions = predictions };
        foreach (var loaded in new BatchLoader(validation, plan.BatchSize).ReadInOrder(token))
        {
            using (loaded)
                Add(statistics, teacher, student, loaded);
        }

        return (
            new TeacherReport(temperature, training.ToFigures(), statistics.ToFigures()) { HasTargets = HasTargets(plan, student) },
            predictions);
    }

    private static bool HasTargets(TrainingPlan plan, ImageNetwork student) =>
        plan.Objective.TeacherTargetOf(0, student.ClassCount, new float[student.ClassCount]) is not null;

    /// <summary>What is wrong with a teacher that knows no more than guessing would; null with one that does.</summary>
    /// <param name="plan">What is run.</param>
    /// <param name="teacher">Who teaches.</param>
    /// <param name="training">What it said in the first epoch.</param>
    public static string? DoubtOf(TrainingPlan plan, Teacher teacher, TeacherStatistics training)
    {
        using var scope = NewDisposeScope();
        var figures = training.ToFigures();
        var recalls = figures.Classes.Where(one => one.Count > 0).Select(one => one.Accuracy).ToArray();
        var (found, chance) = (recalls.Average(), 1.0 / recalls.Length);
        // One that follows the student begins as it does; and answers that are all equal are meant to say nothing.
        var isUniform = Math.Abs(figures.Metrics.NegativeLogLikelihood - Math.Log(figures.Classes.Count)) < 1e-6;
        var deviation = Math.Sqrt(chance * (1 - chance) / figures.Metrics.Count);
        if (recalls.Length < 2 || found > chance + deviation || isUniform || teacher.ReadState().Any())
            return null;
        return FormattableString.Invariant(
            $"{plan.Teacher} is at chance: of the training rows of a class it puts {found:P1} into it, as a ")
            + FormattableString.Invariant($"mean over the classes, where guessing would put {chance:P1}. ")
            + "Check that its ClassNames are in the order of its outputs, that its Normalization is the one that it was trained with, and "
            + "the size of its images.";
    }

    private static void Add(TeacherStatistics statistics, Teacher teacher, ImageNetwork student, LoadedBatch loaded)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var kernels = student.PathOf(loaded.RowIds.Count).Enter();
        // No training rows: a teacher that keeps its answers by their numbers must not take these for them.
        var batch = loaded.Unaugmented(student.Device, student.ClassCount, labelScale: null, trainingRows: []);
        statistics.Add(teacher.Teach(batch).Logits, student.Run(student.Path.Arrange(batch.Images)).Logits, loaded.Labels);
    }
}
