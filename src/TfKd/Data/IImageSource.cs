namespace TfKd;

/// <summary>
/// Labelled images, decoded, of one size, readable in any order. Implementations are safe for concurrent reads:
/// batches are gathered on a thread of their own while the network trains.
/// </summary>
public interface IImageSource
{
    /// <summary>Number of rows.</summary>
    int Count { get; }

    /// <summary>The shape of every image.</summary>
    ImageShape Shape { get; }

    /// <summary>The classes, in the order of the label indices.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>
    /// The label of a row: an index into <see cref="ClassNames"/>, or <see cref="Targets.Unlabelled"/>, of which only a teacher can tell a
    /// student something, or <see cref="Targets.Several"/> where the row may have several labels, which
    /// <see cref="SampleExtras.GetLabels"/> has. All rows that are labelled are of the one kind or of the other.
    /// </summary>
    int GetLabel(int row);

    /// <summary>
    /// Writes a row's pixels, planar RGB (or grey), one byte each, into <paramref name="pixels"/> of <see cref="ImageShape.ByteCount"/>
    /// bytes.
    /// </summary>
    void ReadPixels(int row, Span<byte> pixels);

    /// <summary>
    /// What is known of the rows beside images and labels, their weights among it; null: nothing. A source that wraps another has that
    /// one's extras (<c>source.Extras</c>), or, where its rows are others of that one or in another order,
    /// <c>source.Extras?.Select(rows)</c>: with null they are lost. One that makes other images of them has
    /// <c>source.Extras?.WithoutImageFiles()</c>.
    /// </summary>
    SampleExtras? Extras { get; }
}
