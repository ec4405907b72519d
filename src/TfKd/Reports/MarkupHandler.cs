using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace TfKd;

/// <summary>What the compiler makes of the interpolated string of <see cref="Markup.Of"/>.</summary>
[InterpolatedStringHandler]
internal readonly struct MarkupHandler
{
    private readonly StringBuilder _html;

    public MarkupHandler(int literalLength, int formattedCount) => _html = new StringBuilder(literalLength + 16 * formattedCount);

    public void AppendLiteral(string literal) => _html.Append(literal);

    public void AppendFormatted(Markup markup) => _html.Append(markup.Html);

    public void AppendFormatted(IEnumerable<Markup> parts)
    {
        foreach (var part in parts)
            _html.Append(part.Html);
    }

    public void AppendFormatted(string? text) => _html.Append(Markup.Escape(text ?? ""));

    /// <summary>A number of which there is none is a dash.</summary>
    public void AppendFormatted(double number, string? format = null) =>
        _html.Append(double.IsNaN(number) ? "–" : Markup.Escape(number.ToString(format, CultureInfo.InvariantCulture)));

    public void AppendFormatted(IFormattable value, string? format = null) =>
        _html.Append(Markup.Escape(value.ToString(format, CultureInfo.InvariantCulture)));

    /// <summary>Whatever says itself what it is.</summary>
    public void AppendFormatted(object? value) => AppendFormatted(value?.ToString());

    public Markup ToMarkup() => new(_html.ToString());
}
