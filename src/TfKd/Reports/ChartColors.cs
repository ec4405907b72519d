using OxyPlot;

namespace TfKd;

/// <summary>Colours that stand for variables of the style sheet, so that one drawing is right on a light page and on a dark one.</summary>
internal static class ChartColors
{
    /// <summary>How many colours lines have.</summary>
    public const int Count = 6;

    /// <summary>The number of the colour for what others are compared with.</summary>
    public const int Reference = Count;

    private const byte Mark = 1;

    public static OxyColor Ink { get; } = OxyColor.FromRgb(Mark, Mark, Reference);

    public static OxyColor Soft { get; } = OxyColor.FromRgb(Mark, Mark, Reference + 1);

    public static OxyColor Line { get; } = OxyColor.FromRgb(Mark, Mark, Reference + 2);

    public static OxyColor Of(int index) => OxyColor.FromRgb(Mark, Mark, (byte)index);

    /// <summary>The text of a drawing with variables for colours.</summary>
    public static string ToVariables(string style)
    {
        for (var index = 0; index < Count; index++)
            style = style.Replace($"rgb({Mark},{Mark},{index})", $"var(--c{index})", StringComparison.Ordinal);
        return style
            .Replace($"rgb({Mark},{Mark},{Reference})", "var(--ink)", StringComparison.Ordinal)
            .Replace($"rgb({Mark},{Mark},{Reference + 1})", "var(--soft)", StringComparison.Ordinal)
            .Replace($"rgb({Mark},{Mark},{Reference + 2})", "var(--line)", StringComparison.Ordinal);
    }
}
