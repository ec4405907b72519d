using System.Globalization;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace TfKd;

/// <summary>
/// The charts of a report, drawn by OxyPlot: figures with a caption and a legend in HTML, which wraps where the page is narrow.
/// </summary>
internal static class Chart
{
    private const int MostMarkers = 40;

    /// <summary>Lines over a common axis of whole numbers.</summary>
    /// <param name="caption">What is shown; for those who do not see it, too.</param>
    /// <param name="xTitle">Text of the horizontal axis.</param>
    /// <param name="lines">At most as many as there are colours, and references.</param>
    /// <param name="fraction">Whether all values are from 0 to 1, and the axis goes from one to the other.</param>
    /// <param name="mark">Where to draw a vertical line; null for nowhere.</param>
    public static Markup Lines(string caption, string xTitle, IReadOnlyList<ChartLine> lines, bool fraction = false, double? mark = null)
    {
        var model = Model(xTitle, fraction);
        model.Axes[0].MinimumMajorStep = 1;
        if (mark is { } x)
            model.Annotations.Add(
                new LineAnnotation { Type = LineAnnotationType.Vertical, X = x, Color = ChartColors.Soft, LineStyle = LineStyle.Dot });
        var colour = 0;
        var legend = new List<Markup>();
        foreach (var line in lines)
        {
            var index = line.IsReference ? ChartColors.Reference : colour++ % ChartColors.Count;
            model.Series.Add(Series(line, ChartColors.Of(index)));
            legend.Add(Markup.Of($"""<li><span class="swatch c{index}"></span>{line.Name}</li>"""));
        }

        return Figure(caption, model, Markup.Of($"""<ul class="legend">{legend}</ul>"""));
    }

    /// <summary>Bars beside each other, with a line that says how high they should be.</summary>
    /// <param name="caption">What is shown; for those who do not see it, too.</param>
    /// <param name="xTitle">Text of the horizontal axis, which goes from 0 to 1.</param>
    /// <param name="barName">What the bars are.</param>
    /// <param name="bars">From where to where, and how high.</param>
    /// <param name="line">The line.</param>
    /// <param name="fraction">Whether the vertical axis goes from 0 to 1, too.</param>
    public static Markup Bars(string caption, string xTitle, string barName, IEnumerable<(double From, double To, double Height)> bars,
        ChartLine line, bool fraction = false)
    {
        var model = Model(xTitle, fraction);
        (model.Axes[0].Minimum, model.Axes[0].Maximum, model.Axes[1].Minimum) = (0, 1, 0);
        var series = new RectangleBarSeries { FillColor = ChartColors.Of(0), StrokeColor = ChartColors.Line, StrokeThickness = 1 };
        foreach (var (from, to, height) in bars)
            series.Items.Add(new RectangleBarItem(from, 0, to, height));
        model.Series.Add(series);
        model.Series.Add(Series(line, ChartColors.Ink));
        return Figure(caption, model, Markup.Of($"""
            <ul class="legend"><li><span class="swatch c0"></span>{barName}</li>
            <li><span class="swatch c{ChartColors.Reference}"></span>{line.Name}</li></ul>
            """));
    }

    private static PlotModel Model(string xTitle, bool fraction)
    {
        var model = new PlotModel
        {
            Culture = CultureInfo.InvariantCulture,
            DefaultFont = "Arial",
            DefaultFontSize = 14,
            TextColor = ChartColors.Ink,
            PlotAreaBorderColor = ChartColors.Line,
            PlotMargins = new OxyThickness(50, double.NaN, double.NaN, double.NaN),
        };
        var x = Axis(AxisPosition.Bottom);
        x.Title = xTitle;
        var y = Axis(AxisPosition.Left);
        (y.MajorGridlineStyle, y.IntervalLength) = (LineStyle.Solid, 40);
        if (fraction)
            (y.Minimum, y.Maximum, y.MajorStep) = (0, 1.02, 0.2);
        model.Axes.Add(x);
        model.Axes.Add(y);
        return model;
    }

    private static LinearAxis Axis(AxisPosition position) => new()
    {
        Position = position,
        TicklineColor = ChartColors.Line,
        MajorGridlineColor = ChartColors.Line,
        MinorTickSize = 0,
        MajorTickSize = 4,
        AxisTitleDistance = 6,
        MaximumPadding = 0.02,
        MinimumPadding = 0.02,
    };

    private static LineSeries Series(ChartLine line, OxyColor colour)
    {
        var points = line.Points.Where(point => double.IsFinite(point.Y)).ToList();
        var series = new LineSeries
        {
            Color = colour,
            StrokeThickness = 2,
            LineStyle = line.IsReference ? LineStyle.Dash : LineStyle.Solid,
            MarkerType = line.IsReference || points.Count > MostMarkers ? MarkerType.None : MarkerType.Circle,
            MarkerSize = 2.5,
            MarkerFill = colour,
        };
        series.Points.AddRange(points.Select(point => new DataPoint(point.X, point.Y)));
        return series;
    }

    private static Markup Figure(string caption, PlotModel model, Markup legend) => Markup.Of($"""
        <figure class="chart"><figcaption>{caption}</figcaption>
        {ChartSvg.Of(model, caption)}
        {legend}</figure>
        """);
}
