namespace TfKd;

/// <summary>The run epoch by epoch.</summary>
internal static class CurvesSection
{
    public static Markup Of(ReportContent content)
    {
        var history = content.History;
        double? best = content.Best is { } epoch && history.Count > 1 ? epoch.Epoch + 1 : null;
        return Markup.Of($"""
            <section id="curves"><h2>Curves</h2>
            {(best is null ? Markup.Empty : Markup.Of($"""<p>The dotted line is the best epoch, {best}.</p>"""))}
            <div class="charts">
            {Chart.Lines(
                "Objective and its terms, means over the steps of an epoch, with the negative log-likelihood on the validation rows",
                "epoch", [.. Losses(history)], mark: best)}
            {Chart.Lines("Accuracy", "epoch", [.. Accuracies(history)], fraction: true, mark: best)}
            {Chart.Lines(
                "Learning rate of the last step", "epoch", [Line(history, "learning rate", metrics => metrics.LearningRate)], mark: best)}
            </div>
            <details><summary>The same as a table</summary>{Table(history)}</details>
            </section>
            """);
    }

    private static IEnumerable<ChartLine> Losses(IReadOnlyList<EpochMetrics> history)
    {
        yield return Line(history, "objective", metrics => metrics.TrainingLoss);
        // A single term is the objective itself, or a multiple of it.
        string[] terms = [.. history.SelectMany(metrics => metrics.Terms.Keys).Distinct(StringComparer.Ordinal)];
        foreach (var term in terms.Length > 1 ? terms : [])
            yield return Line(history, term, metrics => metrics.Terms.TryGetValue(term, out var value) ? value : double.NaN);
        if (history.Any(metrics => metrics.WasValidated))
            yield return Line(history, "validation NLL", LogLikelihood) with { IsReference = true };
    }

    private static IEnumerable<ChartLine> Accuracies(IReadOnlyList<EpochMetrics> history)
    {
        yield return Line(history, "training, while learning", metrics => metrics.TrainingAccuracy);
        if (history.Any(metrics => metrics.Validation is not null))
            yield return Line(history, "validation", metrics => metrics.Validation?.Top1);
        if (AreSeveral(history))
            yield return Line(history, "validation mAP", metrics => metrics.LabelValidation?.MeanAveragePrecision);
        if (history.Any(metrics => metrics.PeerValidation is not null))
            yield return Line(history, "validation of the peer", metrics => metrics.PeerValidation?.Top1);
        if (history.Any(metrics => metrics.TeacherAgreement is not null))
            yield return Line(history, "agreement with the teacher", metrics => metrics.TeacherAgreement) with { IsReference = true };
    }

    private static bool AreSeveral(IReadOnlyList<EpochMetrics> history) => history.Any(metrics => metrics.LabelValidation is not null);

    private static double? LogLikelihood(EpochMetrics metrics) =>
        metrics.Validation?.NegativeLogLikelihood ?? metrics.LabelValidation?.NegativeLogLikelihood;

    private static double? CalibrationError(EpochMetrics metrics) =>
        metrics.Validation?.ExpectedCalibrationError ?? metrics.LabelValidation?.ExpectedCalibrationError;

    private static ChartLine Line(IReadOnlyList<EpochMetrics> history, string name, Func<EpochMetrics, double?> value) =>
        new(name, [.. history.Select(metrics => (metrics.Epoch + 1.0, value(metrics) ?? double.NaN))]);

    private static Markup Table(IReadOnlyList<EpochMetrics> history)
    {
        var rows = history.Select(metrics => Markup.Of($"""
            <tr><th scope="row">{metrics.Epoch + 1}</th><td>{metrics.TrainingLoss:F4}</td><td>{metrics.TrainingAccuracy:P1}</td>
            <td>{metrics.Validation?.Top1 ?? metrics.LabelValidation?.MeanAveragePrecision ?? double.NaN:P1}</td>
            <td>{LogLikelihood(metrics) ?? double.NaN:F4}</td><td>{CalibrationError(metrics) ?? double.NaN:P1}</td>
            <td>{metrics.LearningRate:G3}</td><td>{metrics.ImagesPerSecond:N0}</td></tr>

            """));
        var validation = AreSeveral(history) ? "Validation mAP" : "Validation top-1";
        return Page.Scrolling("Epochs", Markup.Of($"""
            <table class="numbers">{Page.Head(
                "Epoch", "Objective", "Training accuracy", validation, "NLL", "ECE", "Learning rate", "Images/s")}<tbody>
            {rows}</tbody></table>
            """));
    }
}
