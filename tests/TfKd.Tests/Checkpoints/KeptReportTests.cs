namespace TfKd.Tests;

/// <summary>What a finished run found of its teacher, when it is found again.</summary>
public sealed class KeptReportTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-kept-").FullName;

    private TrainingPlan Plan => WatchedRun.Plan with
    {
        CheckpointDirectory = _directory,
        Schedule = new ConstantSchedule(),
        Objective = new KnowledgeDistillation(),
        Teacher = new VirtualTeacher(),
    };

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_finished_run_has_its_report_again()
    {
        var first = WatchedRun.Run(Plan);
        var again = WatchedRun.Run(Plan);
        Assert.NotNull(first.TeacherReport);
        Assert.Equal(first.TeacherReport.ToString(), again.TeacherReport!.ToString());
        Assert.Equal(first.TeacherReport.Validation!.Metrics, again.TeacherReport.Validation!.Metrics);
        Assert.Equal(first.TeacherExample!.Logits, again.TeacherExample!.Logits);
    }

    [Fact]
    public void A_report_of_fewer_epochs_or_a_broken_one_is_not_taken_for_it()
    {
        WatchedRun.Run(Plan with { MaxEpochs = 1 });
        var longer = WatchedRun.Run(Plan);
        Assert.Equal(longer.TeacherReport!.ToString(), WatchedRun.Run(Plan).TeacherReport!.ToString());
        File.WriteAllText(Path.Combine(_directory, "checkpoint.teacher.json"), "{");
        Assert.Null(WatchedRun.Run(Plan).TeacherReport);
    }
}
