namespace TfKd;

/// <summary>
/// How often what is said with a probability is so: the reliability diagram of Guo et al., 'On calibration of modern neural networks', ICML
/// 2017. A chart of that, one of how often each probability is said, and the numbers of both.
/// </summary>
/// <param name="Said">The name of the probability: confidence.</param>
/// <param name="Right">The name of the fraction that is so: accuracy.</param>
/// <param name="Things">What the probabilities are of: rows.</param>
internal sealed record ReliabilityDiagram(string Said, string Right, string Things)
{
    /// <summary>The title of the first chart.</summary>
    public required string Title { get; init; }

    /// <summary>What the diagonal is called.</summary>
    public required string Diagonal { get; init; }

    /// <summary>The heading of the table's column of mean probabilities; its last is <see cref="Right"/>.</summary>
    public required string MeanHeading { get; init; }

    /// <summary>What a screen reader calls the table.</summary>
    public required string TableName { get; init; }

    public Markup Of(IReadOnlyList<CalibrationBin> bins)
    {
        var (used, count) = (bins.Where(bin => bin.Count > 0).ToList(), bins.Sum(bin => (long)bin.Count));
        var share = 1.0 / bins.Count;
        var even = new ChartLine("evenly spread", [(0, share), (1, share)]) { IsReference = true };
        return Markup.Of($"""
            <div class="charts">
            {Chart.Bars(
                Title, Said, Right, used.Select(bin => (bin.Lower, bin.Upper, bin.Accuracy)),
                new ChartLine(Diagonal, [(0, 0), (1, 1)]) { IsReference = true }, fraction: true)}
            {Chart.Bars(
                $"Fraction of the {Things} by {Said}", Said, $"fraction of {Things}",
                used.Select(bin => (bin.Lower, bin.Upper, (double)bin.Count / count)), even)}
            </div>
            <details><summary>The same as a table</summary>
            {Table(used)}
            </details>
            """);
    }

    /// <summary>How good the scores are after calibration; nothing where they are not calibrated.</summary>
    public static Markup Calibrated(double? temperature, double error, double logLoss) => temperature is null
        ? Markup.Empty
        : Markup.Of($"""
             The model's scores are calibrated, with the temperature {temperature.Value:G4}: {error:P2} and
            {logLoss:F4} nats on these same rows. The charts are of the scores before that.
            """);

    private Markup Table(IReadOnlyList<CalibrationBin> used)
    {
        var lines = used.Select(bin => Markup.Of($"""
            <tr><th scope="row">{bin.Lower:F3} to {bin.Upper:F3}</th>
            <td>{bin.Count:N0}</td><td>{bin.Confidence:P1}</td><td>{bin.Accuracy:P1}</td></tr>

            """));
        return Page.Scrolling(TableName, Markup.Of($"""
            <table class="numbers">{Page.Head(Capital(Said), Capital(Things), MeanHeading, Capital(Right))}<tbody>
            {lines}</tbody></table>
            """));
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
