using System.Globalization;
using SkiaSharp;

namespace TfKd.Tests;

public sealed class HtmlReportTests : IDisposable
{
    private static readonly string[] _hostile = [
        "<script>alert(1)</script>",
        "\" onerror=\"alert(2)",
        "a & b ]]> <!-- 'x'",
        "bell\u0007 \u202E 花",
    ];

    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-report-").FullName;

    private string Html => Path.Combine(_directory, "below", "report.html");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_run_reports_all_that_it_found()
    {
        ClassificationReport? expected = null;
        var (training, validation) = (PatternSource.Create(64), PatternSource.Create(48, seed: 2, noise: 90));
        var watcher = new WatchedRun.Watcher { Finished = (state, _) => expected = ClassificationReport.Of(state.Student, validation, 16) };
        var plan = WatchedRun.Plan with
        {
            Objective = new TfKdRegularization { Temperature = 7 },
            Callbacks = [new HtmlReport(Html) { Title = "Blobs", MaxMistakes = 5 }, watcher],
        };
        var result = WatchedRun.Run(plan, training, validation);

        var page = new ReportPage(Html);
        page.RequireSelfContained();
        page.RequireAccessible();
        Assert.Equal(
            [
                "Summary", "Curves", "Confusion matrix", "Classes", "Calibration", "Rejection", "Worst mistakes", "Soft targets",
                "Plan and versions",
            ],
            page.Headings);
        Assert.Equal("Blobs", page.Document.Descendants("h1").Single().Value);
        Assert.Equal(plan.Objective.ToString(), page.Fact("Objective"));
        Assert.Equal("64 to train on, 48 to validate on, 4 classes", page.Fact("Rows"));
        Assert.Equal($"{result.BestEpoch + 1} of 3", page.Fact("Best epoch"));
        Assert.Equal(result.Best.Validation!.Top1.ToString("P2", CultureInfo.InvariantCulture), page.Fact("Validation top-1"));
        Assert.Equal(
            result.Best.Validation.ExpectedCalibrationError.ToString("P2", CultureInfo.InvariantCulture), page.Fact("Validation ECE"));
        Assert.Equal(plan.Describe(), page.Section("plan").Element("pre")!.Value);
        Assert.Equal(3, page.Section("curves").Descendants("svg").Count());
        Assert.Equal(
            ["objective", "cross_entropy", "virtual_teacher_kl", "validation NLL"],
            page.Section("curves").Descendants("ul").First().Elements().Select(entry => entry.Value));

        var confusion = ReportPage.Cells(page.Section("confusion").Descendants("table").First());
        for (var label = 0; label < 4; label++)
            Assert.Equal(
                [$"class{label}", .. Enumerable.Range(0, 4).Select(predicted => CountAndFraction(expected!, label, predicted))],
                confusion[label]);
        Assert.Equal(
            expected!.Classes.Select(one => one.F1.ToString("F3", CultureInfo.InvariantCulture)),
            ReportPage
                .Cells(page.Section("classes").Descendants("table").Single())
                .Select(line => line[5].Replace("–", "NaN", StringComparison.Ordinal)));

        var thresholds = ReportPage.Cells(page.Section("rejection").Descendants("table").Single());
        Assert.Equal(["0.00", "100.0 %", expected.Metrics.Top1.ToString("P1", CultureInfo.InvariantCulture), "0"], thresholds[0]);
        Assert.All(thresholds, line =>
        {
            var selective = expected.Selective(double.Parse(line[0], CultureInfo.InvariantCulture));
            Assert.Equal(selective.Coverage.ToString("P1", CultureInfo.InvariantCulture), line[1]);
            Assert.Equal($"{selective.RejectedCount}", line[3]);
        });

        Assert.True(expected.Mistakes.Count > 5, $"only {expected.Mistakes.Count} mistakes to show");
        var pictures = page.Section("mistakes").Descendants("img").ToList();
        Assert.Equal(
            expected.Mistakes
                .Take(5)
                .SelectMany(row => new[]
                {
                    $"Row {row}: an image of class{expected.Labels[row]} that was taken for class{expected.Predicted[row]}",
                    $"The same image, and where in it class{expected.Predicted[row]} was seen",
                }),
            pictures.Select(picture => picture.Attribute("alt")!.Value));
        AssertShows(pictures[0].Attribute("src")!.Value, validation, expected.Mistakes[0]);

        static string CountAndFraction(ClassificationReport report, int label, int predicted) =>
            report.Confusions(label, predicted) is > 0 and var count
                ? count + ((double)count / report.Classes[label].Count).ToString("P0", CultureInfo.InvariantCulture)
                : "0";
    }

    [Fact]
    public void Names_cannot_become_elements_or_attributes()
    {
        var result = WatchedRun.Run(
            WatchedRun.Plan with
            {
                MaxEpochs = 1,
                Teacher = new UniformTeacher(),
                Objective = new KnowledgeDistillation(),
                Callbacks = [new HtmlReport(Html) { Title = _hostile[0] }],
            },
            new RenamedSource(PatternSource.Create(48), _hostile), new RenamedSource(PatternSource.Create(32, seed: 2), _hostile));

        var page = new ReportPage(Html);
        page.RequireSelfContained();
        page.RequireAccessible();
        Assert.Equal(_hostile[0], page.Document.Descendants("h1").Single().Value);
        string[] seen = [.. _hostile.Select(name => name.Replace('\u0007', '\uFFFD'))];
        Assert.Equal(seen, ReportPage.Cells(page.Section("classes").Descendants("table").Single()).Select(line => line[0]));
        Assert.Equal(seen, page.Section("confusion").Descendants("thead").First().Descendants("th").Select(header => header.Value));
        Assert.Contains("Teacher", page.Headings);
        Assert.Contains(result.TeacherReport!.Warning!, page.Section("teacher").Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Soft_targets_are_the_teachers_answers_at_each_temperature()
    {
        TeacherExample? example = null;
        var watcher = new WatchedRun.Watcher { Finished = (_, result) => example = result.TeacherExample };
        var teacher = new GivenTeacher(new SmallCnn { InputShape = new ImageShape(3, 16, 16), Width = 4 });
        WatchedRun.Run(
            WatchedRun.Plan with
            {
                MaxEpochs = 1,
                Teacher = teacher,
                Objective = new KnowledgeDistillation { Temperature = 3 },
                Callbacks = [new HtmlReport(Html), watcher],
            });

        var section = new ReportPage(Html).Section("targets");
        var table = section.Descendants("table").Single();
        Assert.Equal(
            ["Class", "T = 1", "T = 2", "T = 3", "T = 5", "T = 10", "T = 20"],
            table.Descendants("thead").Single().Descendants("th").Select(header => header.Value));
        var order = Enumerable.Range(0, 4).OrderByDescending(k => example!.Logits[k]).ToArray();
        double[] temperatures = [1, 2, 3, 5, 10, 20];
        var cells = ReportPage.Cells(table);
        for (var line = 0; line < 4; line++)
        {
            Assert.Equal($"{line + 1}. class{order[line]}", cells[line][0]);
            Assert.Equal(
                temperatures.Select(temperature => Target(temperature, order[line]).ToString("F4", CultureInfo.InvariantCulture)),
                cells[line][1..]);
        }

        double Target(
            double temperature,
            int k) => Math.Exp(example!.Logits[k] / temperature) / example.Logits.Sum(logit => Math.Exp(logit / temperature));
    }

    [Fact]
    public void The_virtual_teacher_inside_an_objective_is_shown_too()
    {
        var objective = 0.5 * new TfKdRegularization { CorrectProbability = 0.9, Temperature = 20 } + new ConfidencePenalty();
        var targets = SoftTargets.Of(new TrainingPlan { Objective = objective }, example: null, ["a", "b", "c"])!;
        var (_, probabilities) = targets.Targets.Single(target => target.Temperature == 20);
        // Equation 8 at T = 20: p^(1/T), renormalised.
        var (correct, other) = (Math.Pow(0.9, 0.05), Math.Pow(0.05, 0.05));
        Assert.Equal(
            [correct / (correct + 2 * other), other / (correct + 2 * other), other / (correct + 2 * other)],
            probabilities,
            (expected, actual) => Math.Abs(expected - actual) < 1e-12);
        Assert.Null(SoftTargets.Of(new TrainingPlan(), example: null, ["a", "b"]));
    }

    [Fact]
    public void While_the_run_goes_on_the_file_says_how_far_it_is()
    {
        var pages = new List<ReportPage>();
        var watcher = new WatchedRun.Watcher { EpochEnd = _ => pages.Add(new ReportPage(Html)) };
        WatchedRun.Run(WatchedRun.Plan with { Callbacks = [new HtmlReport(Html), watcher] });
        Assert.Equal(3, pages.Count);
        Assert.All(pages, page => page.RequireAccessible());
        Assert.Contains("The run goes on: 2 of 3 epochs are done.", pages[1].Section("summary").Value, StringComparison.Ordinal);
        Assert.Equal(["Summary", "Curves", "Plan and versions"], pages[1].Headings);
        Assert.DoesNotContain("The run goes on", new ReportPage(Html).Text, StringComparison.Ordinal);
        Assert.Equal([Html], Directory.GetFiles(Path.GetDirectoryName(Html)!));
    }

    [Fact]
    public void Without_validation_rows_there_are_curves_and_the_plan()
    {
        WatchedRun.Run(WatchedRun.Plan with { MaxEpochs = 1, Callbacks = [new HtmlReport(Html)] }, validate: false);
        var page = new ReportPage(Html);
        page.RequireAccessible();
        Assert.Equal(["Summary", "Curves", "Plan and versions"], page.Headings);
    }

    [Fact]
    public void A_finished_run_that_is_resumed_reports_the_same_figures()
    {
        var plan = WatchedRun.Plan with { CheckpointDirectory = _directory, Callbacks = [new HtmlReport(Html)] };
        WatchedRun.Run(plan);
        var first = new ReportPage(Html).Section("classes").ToString();
        File.Delete(Html);
        WatchedRun.Run(plan);
        Assert.Equal(first, new ReportPage(Html).Section("classes").ToString());
    }

    [Fact]
    public void A_report_that_cannot_be_written_is_named_before_the_first_step()
    {
        var watcher = new WatchedRun.Watcher { BatchEnd = _ => Assert.Fail("a batch ran") };
        Directory.CreateDirectory(Html);
        Assert.StartsWith(
            $"HtmlReport cannot write '{Html}': ",
            Assert.Throws<IOException>(() => WatchedRun.Run(WatchedRun.Plan with { Callbacks = [watcher, new HtmlReport(Html)] })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_that_is_taken_at_the_end_costs_no_result()
    {
        var taker = new WatchedRun.Watcher
        {
            Finished = (_, _) =>
            {
                File.Delete(Html);
                Directory.CreateDirectory(Html);
            },
        };
        var result = WatchedRun.Run(WatchedRun.Plan with { MaxEpochs = 1, Callbacks = [taker, new HtmlReport(Html)] });
        Assert.Single(result.History);
        Assert.StartsWith(
            $"HtmlReport cannot write '{Html}': ",
            Assert.Single(taker.Warnings, warning => warning.StartsWith("HtmlReport", StringComparison.Ordinal)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_ones_own_are_reported_on_afterwards()
    {
        var (plan, test) = (WatchedRun.Plan with { MaxEpochs = 2 }, PatternSource.Create(20, seed: 9));
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = test.Shape, Width = 4 }, test.ClassNames);
        var result = trainer.Run(student, PatternSource.Create(48));
        new TrainingReport { Title = "On the test rows" }.Write(Html, plan, result, student, test);

        var page = new ReportPage(Html);
        page.RequireSelfContained();
        page.RequireAccessible();
        Assert.Contains("on 20 test rows", page.Section("calibration").Value, StringComparison.Ordinal);
        Assert.Equal("2 of 2", page.Fact("Best epoch"));
    }

    [Theory]
    [InlineData(1, 6, 9)]
    [InlineData(3, 7, 5)]
    public void Pictures_show_the_pixels_of_their_row(int channels, int height, int width)
    {
        var cache = new DecodedCache(new ImageShape(channels, height, width), ["a"]);
        var pixels = new byte[cache.Shape.ByteCount];
        new Random(4).NextBytes(pixels);
        cache.Add(pixels, 0);
        AssertShows(Thumbnail.DataUri(cache, 0), cache, 0);
    }

    [Fact]
    public void Large_pictures_become_small()
    {
        var cache = new DecodedCache(new ImageShape(3, 400, 200), ["a"]);
        cache.Add(Enumerable.Repeat((byte)77, cache.Shape.ByteCount).ToArray(), 0);
        using var bitmap = Decode(Thumbnail.DataUri(cache, 0));
        Assert.Equal((48, 96), (bitmap.Width, bitmap.Height));
        Assert.Equal(new SKColor(77, 77, 77), bitmap.GetPixel(30, 60));
    }

    private static SKBitmap Decode(string uri)
    {
        Assert.Matches("^data:image/(png|jpeg);base64,", uri);
        return SKBitmap.Decode(Convert.FromBase64String(uri[(uri.IndexOf(',', StringComparison.Ordinal) + 1)..]));
    }

    private static void AssertShows(string uri, IImageSource source, int row)
    {
        var (shape, pixels) = (source.Shape, new byte[source.Shape.ByteCount]);
        source.ReadPixels(row, pixels);
        using var bitmap = Decode(uri);
        Assert.Equal((shape.Width, shape.Height), (bitmap.Width, bitmap.Height));
        var plane = shape.Width * shape.Height;
        for (var i = 0; i < plane; i++)
        {
            var colour = bitmap.GetPixel(i % shape.Width, i / shape.Width);
            Assert.Equal(
                (pixels[i], pixels[(shape.Channels == 3 ? plane : 0) + i], pixels[(shape.Channels == 3 ? 2 * plane : 0) + i]),
                (colour.Red, colour.Green, colour.Blue));
        }
    }
}
