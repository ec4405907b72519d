using System.Globalization;

namespace TfKd.Tests;

public sealed class ComparisonSectionTests : IDisposable
{
    private static readonly (double First, int Label)[] _student = [(0.8, 0), (0.4, 0), (0.3, 1), (0.6, 1), (0.6, 1)];
    private static readonly (double First, int Label)[] _teacher = [(0.9, 0), (0.7, 0), (0.6, 1), (0.7, 1), (0.2, 1)];

    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-comparison-").FullName;

    private string Html => Path.Combine(_directory, "report.html");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Figures_are_those_computed_by_hand()
    {
        var content = MadeReport.Of(["a", "b"], MadeReport.OfTwo(_student));
        var teacher = new ClassificationReport(["a", "b"], MadeReport.OfTwo(_teacher));
        var section = MadeReport.Page(content with { Teacher = new(teacher.Metrics, teacher.Predicted) }).Section("comparison");

        var tables = section.Descendants("table").ToList();
        // Confidences of the student: 0.8 and 0.7 are right, 0.6 three times wrong: (0.2 + 0.3 + 1.8) / 5. Of the teacher: 0.9 and 0.8 are
        // right, 0.6 wrong, 0.7 once each: (0.1 + 0.2 + 0.6 + 0.4) / 5.
        Assert.Equal(
            [
                ["Top-1", "40.0 %", "60.0 %", "-20.0 %"],
                ["NLL, nats", Nats(0.8, 0.4, 0.7, 0.4, 0.4), Nats(0.9, 0.7, 0.4, 0.3, 0.8), "+0.1046"],
                ["ECE", "46.0 %", "26.0 %", "+20.0 %"],
            ],
            ReportPage.Cells(tables[0]));
        Assert.Equal(
            [["Student right", "1 20.0 %", "1 20.0 %"], ["Student wrong", "2 40.0 %", "1 20.0 %"]], ReportPage.Cells(tables[1]));
        Assert.Equal(
            [["a", "2", "50.0 %", "100.0 %", "0", "1"], ["b", "3", "33.3 %", "33.3 %", "1", "1"]], ReportPage.Cells(tables[2]));
        Assert.Contains("On 5 validation rows they agree on 40.0 %.", section.Value, StringComparison.Ordinal);

        static string Nats(params double[] likelihoods) =>
            (-likelihoods.Average(Math.Log)).ToString("F4", CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Classes_come_first_that_the_teacher_knows_better_and_more_than_five_have_a_top_5()
    {
        string[] names = [.. Enumerable.Range(0, 6).Select(k => $"<{k}>")];
        var student = Enumerable.Range(0, 12).Select(row => (MadeReport.Says(row % 6 == 4 ? 0 : row % 6, 6), row % 6));
        var teacher = Enumerable.Range(0, 12).Select(row => row % 6 == 2 ? 3 : row % 6).ToList();
        var content = MadeReport.Of(names, student);
        var section = MadeReport.Page(
            content with { Teacher = new(content.Predictions!.Metrics, teacher) }).Section("comparison");
        var tables = section.Descendants("table").ToList();
        Assert.Equal("Top-5", ReportPage.Cells(tables[0])[1][0]);
        Assert.Equal(["<4>", "<0>", "<1>", "<3>", "<5>", "<2>"], ReportPage.Cells(tables[2]).Select(line => line[0]));
    }

    [Fact]
    public void A_run_compares_with_what_its_teacher_said_and_says_it_again_when_it_is_found_finished()
    {
        var plan = Plan(new GivenTeacher(new SmallCnn { InputShape = new ImageShape(3, 16, 16), Width = 4 }));
        var result = WatchedRun.Run(plan);
        var section = new ReportPage(Html).Section("comparison");
        var figures = result.TeacherReport!.Validation!;
        var invariant = CultureInfo.InvariantCulture;
        Assert.Contains(
            $"On 32 validation rows they agree on {figures.Agreement.ToString("P1", invariant)}.", section.Value, StringComparison.Ordinal);
        var cells = ReportPage.Cells(section.Descendants("table").First());
        Assert.Equal(
            [result.Best.Validation!.Top1.ToString("P1", invariant), figures.Metrics.Top1.ToString("P1", invariant)], cells[0][1..3]);

        File.Delete(Html);
        WatchedRun.Run(plan);
        Assert.Equal(section.ToString(), new ReportPage(Html).Section("comparison").ToString());
    }

    [Fact]
    public void A_teacher_that_knows_training_rows_only_is_not_compared_with()
    {
        WatchedRun.Run(Plan(new RowTeacher()));
        Assert.DoesNotContain("Student and teacher", new ReportPage(Html).Headings);
        Assert.Contains("Teacher", new ReportPage(Html).Headings);
    }

    [Fact]
    public void A_report_of_ones_own_rows_takes_the_teachers_report_of_them()
    {
        var (plan, test) = (WatchedRun.Plan with { MaxEpochs = 1 }, PatternSource.Create(20, seed: 9));
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = test.Shape, Width = 4 }, test.ClassNames);
        using var teacher = trainer.CreateStudent(new SmallCnn { InputShape = test.Shape, Width = 8 }, test.ClassNames);
        var result = trainer.Run(student, PatternSource.Create(48));
        var taught = ClassificationReport.Of(teacher, test);
        new TrainingReport { Teacher = taught }.Write(Html, plan, result, student, test);
        var page = new ReportPage(Html);
        page.RequireAccessible();
        Assert.Equal(
            taught.Metrics.Top1.ToString("P1", CultureInfo.InvariantCulture),
            ReportPage.Cells(page.Section("comparison").Descendants("table").First())[0][2]);

        var others = new TrainingReport { Teacher = ClassificationReport.Of(teacher, PatternSource.Create(21)) };
        Assert.Contains(
            "must be of the student's 20 samples of 4 classes, in their order, but is of 21 of 4",
            Assert.Throws<InvalidOperationException>(() => others.Write(Html, plan, result, student, test)).Message,
            StringComparison.Ordinal);
    }

    private TrainingPlan Plan(TeacherSource teacher) => WatchedRun.Plan with
    {
        MaxEpochs = 2,
        Teacher = teacher,
        Objective = new KnowledgeDistillation(),
        CheckpointDirectory = Path.Combine(_directory, "checkpoints"),
        Callbacks = [new HtmlReport(Html)],
    };
}
