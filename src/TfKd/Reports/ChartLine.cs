namespace TfKd;

/// <summary>A line of a chart, with its name in the legend.</summary>
internal sealed record ChartLine(string Name, IReadOnlyList<(double X, double Y)> Points)
{
    /// <summary>Whether it is a dashed line of the text's own colour, for what the others are compared with.</summary>
    public bool IsReference { get; init; }
}
