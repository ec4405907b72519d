namespace TfKd;

/// <summary>
/// Writes a report of the run that a browser shows without a network: summary, curves, the student beside its teacher, confusion matrix,
/// figures of each class, calibration, what rejecting costs, the worst mistakes as pictures with where the network looked, the teacher
/// report, soft targets, the plan. Where samples may have several labels it has the figures and the threshold of each, and no confusion
/// matrix, teacher or rejection. One file, with nothing from elsewhere.
/// </summary>
/// <remarks>
/// It is written before the first step, after each epoch with what is known then (load the page again to see more), and after the run as a
/// whole, with one more pass over the validation rows with the final weights; always as a whole file. One that cannot be written before the
/// first step ends the run; later that is a warning. The report holds some of the validation images, at most 96 pixels a side, with the
/// names of their files where <see cref="SampleExtras.GetFile"/> knows them, but not their folders; files that the plan names, a teacher's
/// or that of the initial weights, are written as the plan has them. Its length grows with the classes, the
/// epochs and <see cref="MaxMistakes"/> (two pictures each, of 40 kB at most, a few as a rule), not with the rows.
/// </remarks>
/// <example><code>
/// var plan = new TrainingPlan { Callbacks = [new HtmlReport("report.html") { Title = "Flowers" }] };
/// </code></example>
public sealed class HtmlReport : TrainingCallback
{
    private readonly RunPlace _file;

    /// <param name="path">
    /// The file; its folder is made when it is missing. Runs of other plans with this instance have files of their own, NAME-2.html and so
    /// on.
    /// </param>
    public HtmlReport(string path) => _file = new(Path = Require.Name(path, nameof(path)));

    /// <summary>The file of its first run.</summary>
    public string Path { get; }

    /// <summary>The heading. Default "Training report".</summary>
    public string Title { get; init => field = Require.Name(value); } = "Training report";

    /// <summary>How many of the most confident mistakes are shown as pictures, 0 or above. Default 24.</summary>
    public int MaxMistakes { get; init => field = Require.NotNegative(value); } = 24;

    /// <summary>Tells the date.</summary>
    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <inheritdoc/>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public override void OnTrainBegin(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _file.Begin(state, nameof(HtmlReport));
        ReportFile.Write(nameof(HtmlReport), _file.Current, Page.Of(Content(state)));
    }

    /// <inheritdoc/>
    public override void OnEpochEnd(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        ReportFile.TryWrite(nameof(HtmlReport), _file.Current, Page.Of(Content(state)), state);
    }

    /// <inheritdoc/>
    public override void OnFinished(TrainingState state, TrainingResult result)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(result);
        var content = Content(state) with
        {
            Result = result,
            SoftTargets = SoftTargets.Of(state.Plan, result.TeacherExample, ClassNames(state)),
        };
        if (state.Validation is { } rows)
            content = WithPredictions(content, state, rows, result);
        ReportFile.TryWrite(nameof(HtmlReport), _file.Current, Page.Of(content), state);
    }

    private static ReportContent WithPredictions(
        ReportContent content, TrainingState state, IImageSource rows, TrainingResult result)
    {
        if (LabelSets.AreIn(rows))
        {
            var scores = Evaluator.LabelScores(state.Student, rows, state.Plan.BatchSize, features: null, CancellationToken.None);
            return content.With(state.Student, rows, new MultiLabelReport(rows.ClassNames, scores, state.Scores));
        }

        var answers = Evaluator.Answers(state.Student, rows, state.Plan.BatchSize, features: null, CancellationToken.None).ToList();
        var predictions = new ClassificationReport(rows.ClassNames, answers);
        return content.With(state.Student, rows, predictions) with
        {
            FinalScores = state.Scores is { } use ? FinalScores.Of(use, rows.ClassNames, answers, predictions) : null,
            Teacher = TeacherOnRows.Of(result),
        };
    }

    private ReportContent Content(TrainingState state) => new()
    {
        Title = Title,
        Date = Clock.GetUtcNow(),
        Network = state.Student.Architecture,
        ParameterCount = TrainingReport.CountParameters(state.Student),
        ClassNames = ClassNames(state),
        Plan = state.Plan,
        History = state.History,
        TrainingCount = state.Training?.Count,
        MaxMistakes = MaxMistakes,
        Path = state.Student.Path,
    };

    private static IReadOnlyList<string> ClassNames(TrainingState state) => state.Training!.ClassNames;
}
