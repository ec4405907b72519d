using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;
using TfKd;

namespace TeacherFreeCifar;

/// <summary>The results as drawings (SVG).</summary>
internal static class Figures
{
    private const int Width = 860;
    private const int Height = 460;
    private const int ClassesShown = 5;

    private static readonly MarkerType[] _markers = [MarkerType.Circle, MarkerType.Square, MarkerType.Triangle, MarkerType.Diamond];

    /// <summary>Top-1 on the validation rows against the epoch, a line a method, each a mean over its seeds.</summary>
    public static string Accuracy(IEnumerable<RunRecord> runs)
    {
        var model = Model("Accuracy against epoch", "epoch", "top-1 on the validation rows, %");
        foreach (var method in Method.All)
        {
            var own = runs.Where(run => run.Method == method.Name).ToList();
            // One of another length has another schedule, and would have its best part elsewhere.
            if (own.Count == 0 || method.EpochFactor != 1)
                continue;
            var line = LineOf(method, model);
            for (var epoch = 0; epoch < own[0].ValidationCurve.Count; epoch++)
                line.Points.Add(new DataPoint(epoch + 1, 100 * own.Average(run => run.ValidationCurve[epoch])));
            model.Series.Add(line);
        }

        return Svg(model);
    }

    /// <summary>
    /// Top-1 on the rows held out against the learning rate, a line a method, of the runs that choose it: where a line is flat, a method
    /// asks for no care.
    /// </summary>
    public static string Rates(Study study) => AgainstRate(
        "What the learning rate does", "top-1 on the rows held out, %", study.Methods,
        method => study.Tuning(method).Where(run => !run.Diverged).Select(run => (run.LearningRate, run.ValidationTop1)));

    /// <summary>
    /// What each method has more than the first at the same learning rate: a line that falls is a gain that a better rate of the first makes
    /// smaller.
    /// </summary>
    public static string Gains(Study study) => AgainstRate(
        $"Gain over {study.Methods[0].Title} at the same learning rate", "points of top-1 on the rows held out", study.Methods,
        study.GainsByRate);

    /// <summary>
    /// Accuracy against confidence on the test rows, a line a method, over all rows of its runs: below the diagonal is who is too sure.
    /// Null where no run says it.
    /// </summary>
    public static string? Reliability(IEnumerable<RunRecord> runs)
    {
        var model = Model("Reliability", "confidence, %", "accuracy on the test rows, %");
        foreach (var method in Method.All)
        {
            var line = LineOf(method, model);
            line.Points.AddRange(Pooled(runs.Where(run => run.Method == method.Name))
                .Select(bin => new DataPoint(100 * bin.Confidence, 100 * bin.Accuracy)));
            if (line.Points.Count > 0)
                model.Series.Add(line);
        }

        if (model.Series.Count == 0)
            return null;
        var diagonal = new LineSeries { Title = "as accurate as confident", LineStyle = LineStyle.Dash, Color = OxyColors.Gray };
        diagonal.Points.AddRange([new(0, 0), new(100, 100)]);
        model.Series.Add(diagonal);
        return Svg(model);
    }

    /// <summary>The bins of several runs as those of all their rows.</summary>
    public static IReadOnlyList<CalibrationBin> Pooled(IEnumerable<RunRecord> runs)
    {
        return
        [
            .. runs.SelectMany(run => run.Reliability ?? []).GroupBy(bin => (bin.Lower, bin.Upper)).OrderBy(bins => bins.Key).Select(bins =>
                new CalibrationBin(
                    bins.Key.Lower, bins.Key.Upper, bins.Sum(bin => bin.Count), Mean(bins, bin => bin.Confidence),
                    Mean(bins, bin => bin.Accuracy))),
        ];

        static double Mean(IEnumerable<CalibrationBin> bins, Func<CalibrationBin, double> value) =>
            bins.Sum(bin => bin.Count * value(bin)) / bins.Sum(bin => bin.Count);
    }

    /// <summary>
    /// What a teacher says of one row as the temperature grows: its most probable classes, the mean of the others, and the uniform
    /// distribution.
    /// </summary>
    /// <param name="title">Who teaches.</param>
    /// <param name="logLikelihoods">Numbers whose softmax is the answer at temperature 1.</param>
    /// <param name="classNames">The classes.</param>
    public static string SoftTargets(string title, IReadOnlyList<double> logLikelihoods, IReadOnlyList<string> classNames)
    {
        var model = Model(title, "temperature", "probability");
        model.Axes[0] = new LogarithmicAxis { Position = AxisPosition.Bottom, Title = "temperature", Minimum = 1, Maximum = 40 };
        model.Axes[1].Minimum = 0;
        var order = Enumerable.Range(0, logLikelihoods.Count).OrderByDescending(k => logLikelihoods[k]).ToArray();
        var lines = order.Take(ClassesShown)
            .Select(k => new LineSeries { Title = classNames[k] })
            .Append(new LineSeries { Title = "others, mean" })
            .ToList();
        var uniform = new LineSeries { Title = "uniform", LineStyle = LineStyle.Dash, Color = OxyColors.Gray };
        for (var step = 0; step <= 60; step++)
        {
            var temperature = Math.Pow(40, step / 60.0);
            var probabilities = Soften(logLikelihoods, temperature);
            for (var i = 0; i < ClassesShown; i++)
                lines[i].Points.Add(new DataPoint(temperature, probabilities[order[i]]));
            lines[ClassesShown].Points.Add(new DataPoint(temperature, order.Skip(ClassesShown).Average(k => probabilities[k])));
            uniform.Points.Add(new DataPoint(temperature, 1.0 / probabilities.Length));
        }

        foreach (var line in lines.Append(uniform))
            model.Series.Add(line);
        return Svg(model);
    }

    private static double[] Soften(IReadOnlyList<double> logits, double temperature)
    {
        var largest = logits.Max();
        var powers = logits.Select(logit => Math.Exp((logit - largest) / temperature)).ToArray();
        var sum = powers.Sum();
        return Array.ConvertAll(powers, power => power / sum);
    }

    private static string AgainstRate(
        string title, string y, IReadOnlyList<Method> methods, Func<Method, IEnumerable<(double Rate, double Figure)>> figures)
    {
        var model = Model(title, "learning rate", y);
        model.Axes[0] = new LogarithmicAxis { Position = AxisPosition.Bottom, Title = "learning rate", Base = 2 };
        foreach (var method in methods)
        {
            var line = LineOf(method, model);
            line.Points.AddRange(figures(method).Select(point => new DataPoint(point.Rate, 100 * point.Figure)));
            if (line.Points.Count > 0)
                model.Series.Add(line);
        }

        return Svg(model);
    }

    private static LineSeries LineOf(Method method, PlotModel model) =>
        new() { Title = method.Name, MarkerType = _markers[model.Series.Count % _markers.Length], MarkerSize = 3 };

    private static PlotModel Model(string title, string x, string y)
    {
        var model = new PlotModel { Title = title, Background = OxyColors.White, DefaultFont = "Arial, sans-serif" };
        model.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = x, MinimumMajorStep = 1 });
        model.Axes.Add(
            new LinearAxis { Position = AxisPosition.Left, Title = y, AxisTitleDistance = 12, MajorGridlineStyle = LineStyle.Dot });
        model.Legends.Add(
            new Legend
            {
                LegendPlacement = LegendPlacement.Outside,
                LegendPosition = LegendPosition.RightTop,
                LegendFontSize = 11,
                LegendLineSpacing = 4,
                LegendPadding = 20,
            });
        return model;
    }

    private static string Svg(PlotModel model)
    {
        // The default colours repeat after six; pure yellow is not seen on white.
        model.DefaultColors =
        [
            .. OxyPalettes.HueDistinct(Math.Max(1, model.Series.Count)).Colors.Select(color => color.ChangeIntensity(0.8)),
        ];
        return new SvgExporter { Width = Width, Height = Height }.ExportToString(model);
    }
}
