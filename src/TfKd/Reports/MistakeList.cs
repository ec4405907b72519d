namespace TfKd;

/// <summary>
/// Images that the network took for something else, each with what it is, and where the network looked, where that is known.
/// </summary>
internal sealed class MistakeList(ReportContent content, IImageSource rows)
{
    private readonly RowNames _names = new(rows);

    /// <summary>The section.</summary>
    /// <param name="text">What is shown, in sentences.</param>
    /// <param name="looked">What the heat maps beside the images show: 'where the network saw the wrong class'.</param>
    /// <param name="mistakes">One <see cref="Item"/> each.</param>
    public Markup Section(Markup text, string looked, IEnumerable<Markup> mistakes)
    {
        var heat = content.HeatMaps is null
            ? ""
            : $" Beside each is {looked} (Grad-CAM): yellow where a little spoke for it, red where most did.";
        return Markup.Of($"""
            <section id="mistakes"><h2>Worst mistakes</h2>
            <p>{text} Images are as the network sees them, or smaller.{heat}</p>
            <ul class="{(content.HeatMaps is null ? "mistakes" : "mistakes pairs")}">{mistakes}</ul>
            </section>
            """);
    }

    /// <summary>One image.</summary>
    /// <param name="row">Which.</param>
    /// <param name="truth">What it is.</param>
    /// <param name="predicted">What it was taken for.</param>
    /// <param name="detail">The third line.</param>
    /// <param name="heat">What a screen reader says of the heat map.</param>
    public Markup Item(int row, string truth, string predicted, Markup detail, string heat)
    {
        var pixels = Thumbnail.IsExact(rows.Shape) ? "pixels" : "photo";
        var file = _names.FileOf(row);
        var map = content.HeatMaps?.GetValueOrDefault(row) is { } picture
            ? Markup.Of($"""<img class="{pixels}" src="{picture}" alt="The same image, and {heat}"/>""")
            : Markup.Empty;
        return Markup.Of($"""
            <li><figure><img class="{pixels}" src="{Thumbnail.DataUri(rows, row)}"
            alt="{file ?? $"Row {row}"}: an image of {truth} that was taken for {predicted}"/>{map}
            <figcaption><span class="true">{truth}</span> <span>taken for {predicted}</span>
            <span>{detail}</span> <span class="soft">{file ?? $"row {row}"}</span></figcaption></figure></li>

            """);
    }
}
