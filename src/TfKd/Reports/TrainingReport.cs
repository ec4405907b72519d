namespace TfKd;

/// <summary>
/// Writes the report of a run that is over, on rows of one's own choice; see <see cref="HtmlReport"/> for one that is written by the run
/// itself.
/// </summary>
public static class TrainingReport
{
    /// <summary>Writes the report as one HTML file. The network runs once over all rows.</summary>
    /// <param name="path">The file; its folder is made when it is missing.</param>
    /// <param name="plan">What was run.</param>
    /// <param name="result">What the run brought.</param>
    /// <param name="network">The network that came of it.</param>
    /// <param name="rows">Rows to evaluate on, as a test set, with the network's classes.</param>
    /// <param name="rowsName">What the report calls the rows. Default "test".</param>
    /// <param name="title">The heading. Default "Training report".</param>
    /// <param name="maxMistakes">How many of the most confident mistakes are shown as pictures. Default 24.</param>
    /// <param name="cancellationToken">Stops between batches; nothing is written then.</param>
    /// <exception cref="InvalidOperationException">There are no rows, or they have another number of classes than the network.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(
        string path, TrainingPlan plan, TrainingResult result, ImageNetwork network, IImageSource rows, string rowsName = "test", string title = "Training report", int maxMistakes = 24,
        CancellationToken cancellationToken = default)
    {
        Require.Name(path, nameof(path));
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(rows);
        var content = new ReportContent
        {
            Title = Require.Name(title, nameof(title)),
            Date = TimeProvider.System.GetUtcNow(),
            Network = network.Architecture,
            ParameterCount = CountParameters(network),
            ClassNames = rows.ClassNames,
            Plan = plan,
            History = result.History,
            Result = result,
            Predictions = ClassificationReport.Of(network, rows, plan.BatchSize, cancellationToken: cancellationToken),
            Rows = rows,
            RowsName = Require.Name(rowsName, nameof(rowsName)),
            SoftTargets = SoftTargets.Of(plan, example: null, rows.ClassNames),
            MaxMistakes = Require.NotNegative(maxMistakes, nameof(maxMistakes)),
        };
        ReportFile.Write(nameof(TrainingReport), path, Page.Of(content));
    }

    internal static long CountParameters(ImageNetwork network) => network.parameters().Where(parameter => parameter.requires_grad).Sum(parameter => parameter.numel());
}
