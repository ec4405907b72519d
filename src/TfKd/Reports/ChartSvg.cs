using System.Xml.Linq;
using OxyPlot;

namespace TfKd;

/// <summary>
/// A plot as an SVG element of a page: as wide as its place, in the page's font and colours, without anything that a second one on the page
/// could clash with.
/// </summary>
internal static class ChartSvg
{
    private const int Width = 480;
    private const int Height = 290;

    /// <param name="model">What to draw.</param>
    /// <param name="label">What it shows, for those who do not see it.</param>
    public static Markup Of(PlotModel model, string label)
    {
        var exporter = new SvgExporter { Width = Width, Height = Height, IsDocument = false, UseVerticalTextAlignmentWorkaround = true };
        var svg = XDocument.Parse(exporter.ExportToString(model)).Root!;
        foreach (var element in svg.DescendantsAndSelf())
        {
            element.Name = element.Name.LocalName;
            element.ReplaceAttributes(
                [.. element.Attributes().Where(attribute => !attribute.IsNamespaceDeclaration).Select(Adapt).OfType<XAttribute>()]);
        }

        // Nothing is outside of the axes, and identifiers would have to be different on the whole page.
        svg.Descendants("defs").Remove();
        svg.Attributes().Remove();
        svg.Add(new XAttribute("viewBox", $"0 0 {Width} {Height}"), new XAttribute("role", "img"), new XAttribute("aria-label", label));
        return new Markup(svg.ToString(SaveOptions.DisableFormatting));
    }

    private static XAttribute? Adapt(XAttribute attribute) => attribute.Name.LocalName switch
    {
        "clip-path" or "font-family" or "dominant-baseline" => null,
        // A presentation attribute cannot hold a variable everywhere.
        "fill" => new XAttribute("style", ChartColors.ToVariables($"fill:{attribute.Value}")),
        "style" => new XAttribute("style", ChartColors.ToVariables(attribute.Value)),
        _ => attribute,
    };
}
