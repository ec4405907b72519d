using System.Globalization;
using System.Xml.Linq;

namespace TfKd.Tests;

public sealed class MarkupTests
{
    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("\" onload=\"x")]
    [InlineData("' & ]]> -- &amp; <!--")]
    [InlineData("Ährenfeld 中文 🌻\n\ttabbed")]
    public void A_text_comes_back_as_it_was(string text)
    {
        var element = XElement.Parse(
            Markup.Of($"""<a title="{text.Replace('\n', ' ').Replace('\t', ' ')}">{text}</a>""").Html, LoadOptions.PreserveWhitespace);
        Assert.Equal(text, element.Value);
        Assert.Equal(text.Replace('\n', ' ').Replace('\t', ' '), element.Attribute("title")!.Value);
        Assert.Empty(element.Elements());
        Assert.Single(element.Attributes());
    }

    [Fact]
    public void What_xml_does_not_have_is_replaced() =>
        Assert.Equal("a\uFFFDb\uFFFDc\uFFFDd\uFFFD", XElement.Parse(Markup.Of($"<a>{"a\u0000b\u001Bc\uD800d\uFFFF"}</a>").Html).Value);

    [Fact]
    public void Numbers_are_the_same_in_every_culture()
    {
        var culture = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = ",", NumberGroupSeparator = ".", PercentDecimalSeparator = "," } };
            Assert.Equal("1,234.50 0.5 12.3 % – 7", Markup.Of($"{1234.5:N2} {0.5} {0.1234:P1} {double.NaN:F3} {7}").Html);
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public void Markup_stays_markup()
    {
        var bold = Markup.Of($"<b>{"<"}</b>");
        Assert.Equal("<p><b>&lt;</b><b>&lt;</b><b>&lt;</b></p>", Markup.Of($"<p>{bold}{new[] { bold, bold }}</p>").Html);
    }
}
