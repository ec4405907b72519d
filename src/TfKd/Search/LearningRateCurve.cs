namespace TfKd;

/// <summary>What a <see cref="LearningRateFinder"/> found: the loss over the learning rate.</summary>
public sealed class LearningRateCurve
{
    // A rate where the loss is at its lowest is about to be too high.
    private const double Margin = 10;

    internal LearningRateCurve(IReadOnlyList<LearningRatePoint> points) => Points = points;

    /// <summary>The steps, by rising rate.</summary>
    public IReadOnlyList<LearningRatePoint> Points { get; }

    /// <summary>A rate to begin with: a tenth of that at which the smoothed loss was lowest. Look at the curve, too.</summary>
    public double Suggested => Lowest.Rate / Margin;

    private LearningRatePoint Lowest => Points.MinBy(point => point.Smoothed);

    /// <summary>What was found, in a line; the same in every culture.</summary>
    public override string ToString() => InvariantText.Of(() =>
        $"Of {Points.Count} rates from {Points[0].Rate:G3} to {Points[^1].Rate:G3} the loss is lowest at {Lowest.Rate:G3}"
        + (Lowest == Points[^1]
            ? ", where the range ends: it may go on falling, so try a higher MaxRate, and look at the curve."
            : $"; begin with {Suggested:G3}."));

    /// <summary>Writes the curve as one HTML file with nothing from elsewhere.</summary>
    /// <param name="path">The file; its folder is made when it is missing.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void WriteHtml(string path) => ReportFile.Write(nameof(LearningRateCurve), Require.Name(path, nameof(path)), ToHtml());

    internal string ToHtml() =>
        InvariantText.Of(() => Page.Of("Learning rate", Markup.Of($"{this}"), [("curve", "Curve", Section())]).Html);

    private Markup Section()
    {
        var rows = Points.Select(point => Markup.Of($"""
            <tr><th scope="row">{point.Rate:G3}</th><td>{point.Loss:F4}</td><td>{point.Smoothed:F4}</td></tr>

            """));
        return Markup.Of($"""
            <section id="curve"><h2>Curve</h2>
            <p>Where the line falls, a rate suits the network and the data; where it turns, a rate is too high. The dotted line is the
            suggestion.</p>
            <div class="charts">
            {Chart.Lines("Objective by the learning rate of its step", "logarithm of the rate to the base of 10",
                [Line("smoothed", point => point.Smoothed), Line("of the step", point => point.Loss) with { IsReference = true }],
                mark: Math.Log10(Suggested))}
            </div>
            <details><summary>The same as a table</summary>
            {Page.Scrolling("Steps", Markup.Of($"""
                <table class="numbers">{Page.Head("Rate", "Objective", "Smoothed")}<tbody>
                {rows}</tbody></table>
                """))}
            </details>
            </section>
            """);
    }

    private ChartLine Line(string name, Func<LearningRatePoint, double> value) =>
        new(name, [.. Points.Select(point => (Math.Log10(point.Rate), value(point)))]);
}
