namespace TfKd.Tests;

/// <summary>Pages of answers that were made up, without a run.</summary>
internal static class MadeReport
{
    /// <summary>What a report shows of rows with the given answers.</summary>
    public static ReportContent Of(
        IReadOnlyList<string> names, IEnumerable<(float[] Logits, int Label)> answers, IImageSource? rows = null) => new()
        {
            Title = "Made up",
            Date = DateTimeOffset.UnixEpoch,
            Network = new SmallCnn { InputShape = new ImageShape(3, 16, 16) },
            ParameterCount = 1,
            ClassNames = names,
            Plan = new TrainingPlan(),
            History = [MadeEpoch.Of(0, null)],
            Result = new TrainingResult([MadeEpoch.Of(0, null)], 0, null),
            Predictions = new ClassificationReport(names, answers),
            Rows = rows,
            MaxMistakes = 24,
        };

    /// <summary>The answer of a network that is 3 logits surer of a class than of all others.</summary>
    public static float[] Says(int predicted, int classCount) =>
        [.. Enumerable.Range(0, classCount).Select(k => k == predicted ? 3f : 0f)];

    /// <summary>Answers to rows of two classes by the probability of the first.</summary>
    public static (float[] Logits, int Label)[] OfTwo(params (double First, int Label)[] rows) =>
        [.. rows.Select(row => (new[] { (float)Math.Log(row.First), (float)Math.Log(1 - row.First) }, row.Label))];

    /// <summary>The page, with the rules that hold for each.</summary>
    public static ReportPage Page(ReportContent content)
    {
        var page = new ReportPage(TfKd.Page.Of(content), isText: true);
        page.RequireSelfContained();
        page.RequireAccessible();
        return page;
    }
}
