namespace TfKd;

/// <summary>
/// Writes the report of a run that is over, on rows of one's own choice; see <see cref="HtmlReport"/> for one that is written by the run
/// itself. <c>new TrainingReport { Title = "On the test images" }.Write("report.html", plan, result, student, test)</c>.
/// </summary>
/// <example><code>
/// new TrainingReport { Title = "On the test images" }.Write("report.html", plan, result, network, validation);
/// </code></example>
public sealed record TrainingReport
{
    /// <summary>What the report calls the samples. Default "test".</summary>
    public string RowsName { get; init => field = Require.Name(value); } = "test";

    /// <summary>The heading. Default "Training report".</summary>
    public string Title { get; init => field = Require.Name(value); } = "Training report";

    /// <summary>
    /// What the teacher makes of the same samples, to stand beside the student: <c>ClassificationReport.Of(teacherNetwork, test)</c>.
    /// Default null: the report is of the student alone.
    /// </summary>
    public ClassificationReport? Teacher { get; init; }

    /// <summary>
    /// The probability of each class from which on it is predicted, such as <c>Model.Thresholds</c> of a model. Default null: one half.
    /// This property is ignored where samples have one label each.
    /// </summary>
    public IReadOnlyList<double>? Thresholds { get; init; }

    /// <summary>How many of the most confident mistakes are shown as pictures, 0 or above. Default 24.</summary>
    public int MaxMistakes { get; init => field = Require.NotNegative(value); } = 24;

    /// <summary>Writes the report as one HTML file. The network runs once over all samples.</summary>
    /// <param name="path">The file; its folder is made when it is missing.</param>
    /// <param name="plan">What was run.</param>
    /// <param name="result">What the run brought.</param>
    /// <param name="network">The network that came of it.</param>
    /// <param name="rows">Samples to evaluate on, as a test set, with the network's classes.</param>
    /// <param name="cancellationToken">Stops between batches; nothing is written then.</param>
    /// <exception cref="InvalidOperationException">
    /// There are no samples, or their classes are not as many as the network's; or <see cref="Teacher"/> is of other samples, or they may
    /// have several labels.
    /// </exception>
    /// <exception cref="ArgumentException">There is not one of <see cref="Thresholds"/> a class.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(
        string path, TrainingPlan plan, TrainingResult result, ImageNetwork network, IImageSource rows,
        CancellationToken cancellationToken = default)
    {
        Require.Name(path, nameof(path));
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(rows);
        var content = new ReportContent
        {
            Title = Title,
            Date = TimeProvider.System.GetUtcNow(),
            Network = network.Architecture,
            ParameterCount = CountParameters(network),
            ClassNames = rows.ClassNames,
            Plan = plan,
            History = result.History,
            Result = result,
            RowsName = RowsName,
            SoftTargets = SoftTargets.Of(plan, example: null, rows.ClassNames),
            MaxMistakes = MaxMistakes,
        };
        ReportFile.Write(nameof(TrainingReport), path, Page.Of(WithPredictions(content, network, rows, cancellationToken)));
    }

    private ReportContent WithPredictions(ReportContent content, ImageNetwork network, IImageSource rows, CancellationToken token)
    {
        var batchSize = content.Plan.BatchSize;
        if (LabelSets.AreIn(rows))
        {
            if (Teacher is not null)
                throw new InvalidOperationException(
                    $"The samples may have several labels, but the report of the {nameof(Teacher)} is of one class each; leave it out.");
            var scores = Evaluator.LabelScores(network, rows, batchSize, features: null, token);
            return content.With(network, rows, new MultiLabelReport(rows.ClassNames, scores, thresholds: Thresholds));
        }

        var predictions = ClassificationReport.Of(network, rows, batchSize, cancellationToken: token);
        return content.With(network, rows, predictions) with { Teacher = TeacherBeside(predictions) };
    }

    private TeacherOnRows? TeacherBeside(ClassificationReport student)
    {
        if (Teacher is null)
            return null;
        if (!Teacher.Labels.SequenceEqual(student.Labels) || Teacher.ClassNames.Count != student.ClassNames.Count)
        {
            throw new InvalidOperationException(
                $"The report of the {nameof(Teacher)} must be of the student's {student.Labels.Count} samples of "
                + $"{student.ClassNames.Count} classes, in their order, but is of {Teacher.Labels.Count} of {Teacher.ClassNames.Count}"
                + $"{(Teacher.Labels.Count == student.Labels.Count ? " with other labels" : "")}.");
        }

        return new(Teacher.Metrics, Teacher.Predicted);
    }

    internal static long CountParameters(ImageNetwork network) =>
        network.parameters().Where(parameter => parameter.requires_grad).Sum(parameter => parameter.numel());
}
