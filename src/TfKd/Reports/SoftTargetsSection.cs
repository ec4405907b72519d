namespace TfKd;

/// <summary>The targets of one row as the temperature grows, against the uniform distribution.</summary>
internal static class SoftTargetsSection
{
    private const int MostClasses = 12;

    public static Markup Of(SoftTargets targets)
    {
        var (count, shown) = (targets.Classes.Count, Math.Min(targets.Classes.Count, MostClasses));
        var lines = targets.Targets.Select(target => new ChartLine(
            Name(target.Temperature), [.. target.Probabilities.Take(shown).Select((probability, k) => (k + 1.0, probability))]))
            .Append(new ChartLine($"uniform, 1/{count}", [(1, 1.0 / count), (shown, 1.0 / count)]) { IsReference = true });
        var rows = targets.Classes.Take(shown).Select((name, k) => Markup.Of($"""
            <tr><th scope="row">{k + 1}. {name}</th>{targets.Targets.Select(target =>
                Markup.Of($"<td>{target.Probabilities[k]:F4}</td>"))}</tr>

            """));
        var which = shown < count ? $"{shown} most probable of {count} classes" : "classes";
        return Markup.Of($"""
            <section id="targets"><h2>Soft targets</h2>
            <p>{targets.Teacher}. As the temperature T grows the targets come closer to the uniform distribution, which is what label
            smoothing mixes in. The objective's temperature is {targets.OwnTemperature:0.###}.</p>
            <div class="charts">
            {Chart.Lines($"Probability of the {which}, in the order of the table", "class", [.. lines], fraction: true)}
            </div>
            {Page.Scrolling("Soft targets", Markup.Of($"""
                <table class="numbers">{Page.Head(
                    ["Class", .. targets.Targets.Select(target => Name(target.Temperature))])}<tbody>
                {rows}
                <tr><th scope="row">Entropy, nats (uniform: {Math.Log(count):F4})</th>{targets.Targets.Select(
                    target => Markup.Of($"<td>{Entropy(target.Probabilities):F4}</td>"))}</tr></tbody></table>
                """))}
            </section>
            """);
    }

    private static string Name(double temperature) => FormattableString.Invariant($"T = {temperature:0.###}");

    private static double Entropy(double[] probabilities) =>
        -probabilities.Where(probability => probability > 0).Sum(probability => probability * Math.Log(probability));
}
