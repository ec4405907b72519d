namespace TfKd;

/// <summary>What was trained, and what came of it.</summary>
internal static class SummarySection
{
    public static Markup Of(ReportContent content)
    {
        var (plan, best) = (content.Plan, content.Best);
        return Markup.Of($"""
            <section id="summary"><h2>Summary</h2>
            {State(content)}
            <table class="facts"><tbody>
            {Row("Network", Markup.Of($"{content.Network}"))}
            {Row("Learnt weights", Markup.Of($"{content.ParameterCount:N0}"))}
            {Row("Objective", Markup.Of($"{plan.Objective}"))}
            {Row("Teacher", Markup.Of($"{plan.Teacher?.ToString() ?? "none"}"))}
            {Row("Rows", Rows(content))}
            {Row("Seed", Markup.Of($"{plan.Seed}"))}
            {Row("Written", Markup.Of($"{content.Date:yyyy-MM-dd HH:mm} UTC"))}
            </tbody></table>
            {(best is null ? Markup.Empty : Results(content, best))}
            </section>
            """);
    }

    private static Markup State(ReportContent content) => content switch
    {
        { Result: null } => Markup.Of($"""
            <p class="note">The run goes on: {content.History.Count} of {content.Plan.MaxEpochs} epochs are done.
            Load the page again for more.</p>
            """),
        { Result.StopReason: { } reason } =>
            Markup.Of($"""<p class="note">Stopped after epoch {content.History.Count} of {content.Plan.MaxEpochs}: {reason}</p>"""),
        _ => Markup.Empty,
    };

    private static Markup Results(ReportContent content, EpochMetrics best)
    {
        var validation = best.Validation;
        var last = content.History[^1];
        var rows = new List<Markup>
        {
            Row("Best epoch",
                Markup.Of($"{best.Epoch + 1} of {content.History.Count}{(content.Result is { IsPeer: true } ? ", of the peer" : "")}")),
        };
        if (validation is not null)
        {
            rows.Add(Row("Validation top-1", Markup.Of($"{validation.Top1:P2}")));
            if (content.ClassNames.Count > 5)
                rows.Add(Row("Validation top-5", Markup.Of($"{validation.Top5:P2}")));
            rows.Add(Row("Validation NLL", Markup.Of($"{validation.NegativeLogLikelihood:F4} nats")));
            rows.Add(Row("Validation ECE", Markup.Of($"{validation.ExpectedCalibrationError:P2}")));
        }

        if (best.LabelValidation is { } labels)
        {
            rows.Add(Row("Validation mAP", Markup.Of($"{labels.MeanAveragePrecision:P2}")));
            rows.Add(Row("Validation F1 at one half", Markup.Of($"{labels.MicroF1:F4}")));
            rows.Add(Row("Validation NLL", Markup.Of($"{labels.NegativeLogLikelihood:F4} nats")));
            rows.Add(Row("Validation ECE", Markup.Of($"{labels.ExpectedCalibrationError:P2}")));
        }

        rows.Add(Row("Training accuracy", Markup.Of($"{best.TrainingAccuracy:P2}")));
        if (best.TeacherAgreement is { } agreement)
            rows.Add(Row("Agreement with the teacher", Markup.Of($"{agreement:P2}")));
        rows.Add(Row("Time", Markup.Of($"{content.History.Sum(epoch => epoch.Times.Total.TotalSeconds):N1} s")));
        rows.Add(Row("Speed", Markup.Of($"{content.History.Average(epoch => epoch.ImagesPerSecond):N0} images/s")));
        if (content.Result is null)
            rows.Add(Row("Time left", Markup.Of($"about {last.Remaining.TotalSeconds:N0} s")));
        return Markup.Of($"""
            <h3>Results</h3>
            <table class="facts"><tbody>
            {rows}
            </tbody></table>
            """);
    }

    private static Markup Rows(ReportContent content)
    {
        var training = content.TrainingCount is { } count ? Markup.Of($"{count:N0} to train on, ") : Markup.Empty;
        var validated = content.Best?.Validation?.Count ?? content.Best?.LabelValidation?.Count;
        var validation = validated is { } rows ? Markup.Of($"{rows:N0} to validate on, ") : Markup.Empty;
        return Markup.Of($"{training}{validation}{content.ClassNames.Count} classes");
    }

    private static Markup Row(string name, Markup value) => Markup.Of($"""<tr><th scope="row">{name}</th><td>{value}</td></tr>""");
}
